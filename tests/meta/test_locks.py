"""The lock files hold what pyproject.toml asks for, with hashes, and no address of a place to fetch it from."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.pins import programs

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {
    "requirements.lock": PROJECT["project"]["dependencies"],
    "requirements-dev.lock": PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"],
    "requirements-fuzz.lock": PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["fuzz"],
    "requirements-build.lock": PROJECT["build-system"]["requires"],
}


def pins(lock: str) -> dict[str, str]:
    """Name to version of all packages of a lock file; each with a hash, or the test fails."""
    found: dict[str, str] = {}
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))
    for entry in re.split(r"\n(?=\S)", text):
        match = re.match(r"([A-Za-z0-9._-]+)==(\S+)", entry)
        assert match is not None, entry
        assert "--hash=sha256:" in entry, f"{match.group(1)} has no hash"
        found[canonicalize_name(match.group(1))] = match.group(2)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_satisfies_every_requirement(lock: str) -> None:
    locked = pins(lock)
    for text in LOCKS[lock]:
        requirement = Requirement(text)
        version = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), f"{text}: locked is {version}"


def test_what_runs_is_locked_the_same_for_development() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("file", [*LOCKS, "tools/programs.toml", "tools/programs.lock.json", "Makefile", ".ci/run"])
def test_no_place_to_fetch_from_is_written_down(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text.replace("--no-emit-find-links", "")


def test_every_program_is_pinned_with_a_hash() -> None:
    lock = json.loads((ROOT / "tools" / "programs.lock.json").read_text(encoding="utf-8"))
    for architecture, packages in lock.items():
        assert set(packages) == {program.name for program in programs()}, architecture
        for package in (each for listed in packages.values() for each in listed):
            assert re.fullmatch(r"[0-9a-f]{64}", package["sha256"])
            assert package["path"].startswith(("pool/main/", "pypi/"))
