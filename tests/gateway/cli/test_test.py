"""Tests of `weir test`: the examples hold, and a wrong expectation is shown well in each form."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.weir_command import weir, write_routes

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
WITH_TESTS = ["demo", "kinds/policytest.yaml", "routing/matching.yaml", "routing/canary.yaml"]
WITH_TESTS += ["routing/redirects-and-rewrites.yaml"]


@pytest.mark.parametrize("name", WITH_TESTS)
def test_examples_hold_and_every_rule_is_reached(name: str) -> None:
    ended = weir("test", EXAMPLES / name, "--full-coverage")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ", 0 failed; " in ended.stdout


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """An example with one expectation that does not hold."""
    text = (EXAMPLES / "routing" / "matching.yaml").read_text(encoding="utf-8")
    file = tmp_path / "wrong.yaml"
    file.write_text(text.replace("expect: {rule: reads, backend", "expect: {rule: search, backend"), encoding="utf-8")
    return file


def test_a_wrong_expectation_is_shown_with_what_came_and_why(wrong: Path) -> None:
    ended = weir("test", wrong)
    assert ended.returncode == 1
    assert "FAIL  PolicyTest shop/catalogue: other queries are reads\n" in ended.stdout
    assert "        expected  search\n        came      reads\n" in ended.stdout
    assert "rule search: query parameter q is absent" in ended.stdout
    assert ended.stdout.endswith("4 passed, 1 failed; 4 of 4 rules reached\n")


def test_programs_get_json_or_junit(wrong: Path) -> None:
    told = json.loads(weir("test", wrong, "-o", "json").stdout)
    assert (told["passed"], told["failed"], told["unreached"]) == (4, 1, [])
    assert told["cases"][2]["mismatches"][0]["expected"] == "search"
    suites = ElementTree.fromstring(weir("test", wrong, "-o", "junit").stdout)
    assert suites.get("failures") == "1"


def test_a_rule_that_no_case_reaches_fails_only_where_that_is_asked(tmp_path: Path) -> None:
    file = write_routes(tmp_path)
    more = tmp_path / "tests.yaml"
    more.write_text(
        "apiVersion: weir.dev/v1\nkind: PolicyTest\nmetadata: {name: t, namespace: shop}\nspec:\n  cases:\n"
        "  - {name: a, request: {url: 'http://api.shop.example/orders'}, expect: {rule: read}}\n",
        encoding="utf-8",
    )
    ended = weir("test", file, more)
    assert ended.returncode == 0, ended.stdout
    assert "routes.yaml:" in ended.stdout
    assert "HTTPRoute shop/orders, rule moved" in ended.stdout
    assert weir("test", tmp_path, "--full-coverage").returncode == 1


def test_without_a_policy_test_or_with_errors_nothing_passes(tmp_path: Path) -> None:
    ended = weir("test", write_routes(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "there is no PolicyTest" in ended.stderr
    (tmp_path / "bad.yaml").write_text("kind: [\n", encoding="utf-8")
    assert "bad.yaml:" in weir("test", tmp_path).stderr
