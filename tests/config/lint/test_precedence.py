"""Shadowed rules, catch-alls and patterns: what is found, and what is not."""

from __future__ import annotations

import pytest

from tests.config.lint.linted import linted, prefix, regex, route


def test_an_equal_match_of_a_later_route_is_shadowed() -> None:
    ((check, place, message),) = linted(route("a", prefix("/x")), route("b", prefix("/y"), prefix("/x/")))
    assert (check, place) == ("shadowed-rule", "HTTPRoute shop/b: spec.rules[1].matches[0]")
    assert message == "no request is taken by this match: shop/a/0 goes before, with the same match"


def test_a_match_that_is_twice_in_a_rule_is_found() -> None:
    twice = "[{path: {value: /x}}, {path: {value: /x}}]"
    ((check, place, message),) = linted(route("a", twice))
    assert (check, place, message) == (
        "shadowed-rule",
        "HTTPRoute shop/a: spec.rules[0].matches[1]",
        "this match is there twice in the rule",
    )


def test_where_only_one_hostname_is_shadowed_it_is_named() -> None:
    ((_, _, message),) = linted(
        route("a", prefix("/x"), hostnames="a.example"), route("b", prefix("/x"), hostnames="a.example, b.example")
    )
    assert message.startswith("no request is taken by this match for host a.example on listener shop/edge/http: ")


@pytest.mark.parametrize(
    "rules",
    [
        (prefix("/x"), prefix("/x", ", method: GET")),
        (prefix("/x"), prefix("/x", ", headers: [{name: a, value: b}]")),
        (prefix("/"), prefix("/x")),
        (prefix("/x"), "[{path: {type: Exact, value: /x}}]"),
        (regex("/x/[0-9]+"), prefix("/x")),
    ],
)
def test_what_precedence_tells_apart_is_fine(rules: tuple[str, str]) -> None:
    assert linted(route("a", *rules)) == []


def test_a_pattern_that_takes_all_hides_prefixes() -> None:
    found = linted(route("a", prefix("/x"), regex("/.*")))
    assert [check for check, _, _ in found] == ["catch-all", "regex-is-prefix"]
    assert "meant for shop/a/0 (PathPrefix /x): a regular expression goes before all prefixes" in found[0][2]


def test_a_pattern_hides_only_what_lies_below_it() -> None:
    found = linted(route("a", prefix("/xy"), prefix("/x/y"), regex("/x(/.*)?")))
    assert "meant for shop/a/1 (PathPrefix /x/y): " in found[0][2]


def test_a_catch_all_of_a_narrow_hostname_hides_paths_of_a_wider_one() -> None:
    ((check, place, message),) = linted(
        route("a", prefix("/"), hostnames="a.example"), route("b", prefix("/x"), prefix("/"), hostnames='"*.example"')
    )
    assert (check, place) == ("catch-all", "HTTPRoute shop/a: spec.rules[0].matches[0]")
    assert message == (
        "it takes all requests for host a.example that are meant for shop/b/0 (PathPrefix /x): "
        "the hostname a.example goes before *.example"
    )


def test_a_pattern_that_is_an_exact_path_is_named_with_it() -> None:
    ((check, place, message),) = linted(route("a", regex("/x")))
    assert (check, place) == ("regex-is-prefix", "HTTPRoute shop/a: spec.rules[0].matches[0].path.value")
    assert message == "the regular expression /x takes what Exact /x does"
