"""Every command that the documentation names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
MAKE_COMMAND = re.compile(r"(?:^    |`)(?:[A-Z_]+=\S+ )*make((?: [a-z][a-z-]*)+)", re.MULTILINE)


def targets() -> set[str]:
    """The targets that the Makefile has rules for."""
    return set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_command_of_the_page_is_a_target(page: Path) -> None:
    named = {target for words in MAKE_COMMAND.findall(page.read_text(encoding="utf-8")) for target in words.split()}
    assert named <= targets()


def test_readme_begins_with_demo_and_test() -> None:
    found = MAKE_COMMAND.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert [words.strip() for words in found[:2]] == ["demo", "test"]


def test_every_target_has_help_and_is_phony() -> None:
    helped = set(re.findall(r"^([a-z][a-z-]*):.*##", MAKEFILE, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert targets() == helped == set(phony.group(1).split())


def test_continuous_integration_runs_targets_that_exist() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"make ([a-z-]+)$", script, re.MULTILINE) == ["setup", "test-tools", "check", "test"]
    assert "WEIR_REQUIRE_ALL=1 make test" in script
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
