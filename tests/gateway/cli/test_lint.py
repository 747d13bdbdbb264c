"""Tests of `weir lint`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.config.lint.linted import BASE, prefix, route
from tests.support.weir_command import weir

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
CLEAN = [EXAMPLES / "demo", EXAMPLES / "compose" / "weir", *sorted((EXAMPLES / "routing").glob("*.yaml"))]


@pytest.mark.parametrize("path", CLEAN, ids=lambda path: path.name)
def test_in_examples_nothing_is_found(path: Path) -> None:
    ended = weir("lint", "-c", path)
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stdout + ended.stderr


@pytest.fixture
def shadowed(tmp_path: Path) -> Path:
    """Two routes with one match."""
    file = tmp_path / "routes.yaml"
    file.write_text(BASE + route("a", prefix("/x")) + route("b", prefix("/x")), encoding="utf-8")
    return file


def test_each_finding_is_a_line_with_place_and_mend(shadowed: Path) -> None:
    ended = weir("lint", "-c", shadowed)
    assert ended.returncode == 1
    (line,) = ended.stdout.splitlines()
    assert line.startswith(f"{shadowed}:")
    assert ": shadowed-rule: HTTPRoute shop/b: spec.rules[0].matches[0]: " in line
    assert line.endswith("(remove one, or tell them apart by the match)")
    assert weir("lint", "-c", shadowed, "--skip", "shadowed-rule").returncode == 0
    assert weir("lint", "-c", shadowed, "--skip", "nonsense").returncode == 2


def test_json_has_the_parts_of_each(shadowed: Path) -> None:
    (found,) = json.loads(weir("lint", "-c", shadowed, "-o", "json").stdout)["findings"]
    assert (found["check"], found["resource"]) == ("shadowed-rule", "HTTPRoute shop/b")
    assert {"file", "line", "column", "path", "message", "suggestion"} <= set(found)


def test_a_configuration_with_errors_is_not_linted(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("kind: [\n", encoding="utf-8")
    ended = weir("lint", "-c", tmp_path)
    assert ended.returncode == 1
    assert "bad.yaml:" in ended.stderr
