"""Tests of `weir check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.weir_command import weir, write_routes


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Two errors in two files of one folder."""
    folder = tmp_path / "broken"
    folder.mkdir()
    text = write_routes(folder).read_text(encoding="utf-8")
    (folder / "routes.yaml").write_text(text.replace("weight: 3}", "wieght: 3}"), encoding="utf-8")
    (folder / "more.yaml").write_text("apiVersion: weir.dev/v1\nkind: Backnd\nmetadata: {name: b}\n", encoding="utf-8")
    return folder


def test_good_files_show_the_conditions_of_every_resource(tmp_path: Path) -> None:
    file = write_routes(tmp_path)
    ended = weir("check", "-c", file)
    assert ended.returncode == 0, ended.stdout
    rows = [line.split() for line in ended.stdout.splitlines()]
    assert ["Gateway", "shop/edge", "-", "Programmed", "True", "Programmed", "-"] in rows
    (unresolved,) = [
        row for row in rows if row[:4] == ["HTTPRoute", "shop/orders", "Gateway", "shop/edge"] and "False" in row
    ]
    assert unresolved[4:7] == ["ResolvedRefs", "False", "BackendNotFound"]


def test_every_error_of_every_file_is_a_line_with_its_place(broken: Path) -> None:
    ended = weir("check", "-c", broken)
    assert ended.returncode == 1
    errors = [line for line in ended.stdout.splitlines() if ": error: " in line]
    assert len(errors) == 2
    assert errors[0].startswith(f"{broken}/more.yaml:2:7: error: Backnd default/b: kind: ")
    assert '(did you mean "Backend"?)' in errors[0]
    assert errors[1].startswith(f"{broken}/routes.yaml:")
    assert 'unknown field "wieght" (did you mean "weight"?)' in errors[1]


def test_json_has_problems_and_statuses(broken: Path, tmp_path: Path) -> None:
    ended = weir("check", "-c", broken, "--output", "json")
    assert ended.returncode == 1
    told = json.loads(ended.stdout)
    assert [Path(problem["file"]).name for problem in told["problems"]] == ["more.yaml", "routes.yaml"]
    assert {"line", "column", "path", "message", "suggestion", "severity", "resource"} <= set(told["problems"][0])
    good = json.loads(weir("check", "-c", write_routes(tmp_path), "-o", "json").stdout)
    assert {"Gateway", "HTTPRoute", "Backend"} <= {status["kind"] for status in good["statuses"]}


def test_warnings_are_errors_only_when_strict(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(
        "apiVersion: weir.dev/v1\nkind: Weir\nmetadata: {name: w}\nspec:\n  telemetry:\n    tracing: {}\n",
        encoding="utf-8",
    )
    ended = weir("check", "-c", file)
    assert "weir.yaml:6:5: warning: Weir w: spec.telemetry.tracing" in ended.stdout
    assert ended.returncode == 0
    assert weir("check", "-c", file, "--strict").returncode == 1


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    ended = weir("check", "-c", tmp_path / "missing.yaml")
    assert ended.returncode == 1
    assert "missing.yaml: error: " in ended.stdout
    assert "Traceback" not in ended.stderr
