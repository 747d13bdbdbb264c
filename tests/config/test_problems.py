"""Problems: how they are shown, ordered, and the names that they suggest."""

from __future__ import annotations

import json

import pytest

from config.problems import Problem, errors_among, in_order, join_path, nearest, render_json, render_text

ERROR = Problem("a.yaml", 3, 5, "spec.rules[0]", "is wrong", "write x", "error", "HTTPRoute shop/orders")
WARNING = Problem("b.yaml", 0, 0, "", "is odd", severity="warning")


def test_problem_is_one_line_that_an_editor_can_jump_to() -> None:
    assert str(ERROR) == "a.yaml:3:5: error: HTTPRoute shop/orders: spec.rules[0]: is wrong (write x)"


def test_problem_of_a_whole_file_has_no_line() -> None:
    assert str(WARNING) == "b.yaml: warning: is odd"


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ((), ""),
        (("spec", "rules", 0, "name"), "spec.rules[0].name"),
        (("metadata", "labels", "a.b/c"), 'metadata.labels["a.b/c"]'),
        (("items", 2), "items[2]"),
        (("data", ""), 'data[""]'),
        (("data", "tls-key_$"), "data.tls-key_$"),
    ],
)
def test_path_reads_as_in_a_program(parts: tuple[str | int, ...], path: str) -> None:
    assert join_path(parts) == path


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("hostnme", 'did you mean "hostname"?'),
        ("HOSTNAME", 'did you mean "hostname"?'),
        ("sectionname", 'did you mean "sectionName"?'),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_nearest_name_is_found_without_regard_to_case(name: str, suggestion: str) -> None:
    assert nearest(name, ["hostname", "sectionName", "port"]) == suggestion


def test_only_errors_keep_a_set_away() -> None:
    assert errors_among([ERROR, WARNING]) == [ERROR]


def test_order_is_by_file_line_and_column_and_each_problem_is_there_once() -> None:
    later, other = Problem("a.yaml", 10, 1, "", "x"), Problem("a.yaml", 3, 2, "", "x")
    assert in_order([WARNING, later, ERROR, other, ERROR]) == [other, ERROR, later, WARNING]


def test_text_ends_with_a_count() -> None:
    assert render_text([]) == ""
    assert render_text([ERROR]).splitlines()[-1] == "1 error"
    assert render_text([ERROR, ERROR, WARNING]).splitlines()[-1] == "2 errors, 1 warning"
    assert len(render_text([ERROR, WARNING]).splitlines()) == 3


def test_json_has_every_field() -> None:
    (found, _) = json.loads(render_json([ERROR, WARNING]))
    assert found == {
        "file": "a.yaml",
        "line": 3,
        "column": 5,
        "path": "spec.rules[0]",
        "message": "is wrong",
        "suggestion": "write x",
        "severity": "error",
        "resource": "HTTPRoute shop/orders",
    }
    assert json.loads(render_json([])) == []
