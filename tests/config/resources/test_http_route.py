"""HTTPRoutes: matches, timeouts, and the rules between the parts of a rule."""

from __future__ import annotations

import pytest

from config.resources.http_route import HTTPRoute
from tests.config.resources.own_kinds import read, refusal

REF = {"name": "a", "port": 1}


def path(value: str, type_: str = "PathPrefix") -> dict[str, object]:
    return {"rules": [{"matches": [{"path": {"type": type_, "value": value}}]}]}


def prefix_rewrite(*matches: dict[str, object]) -> dict[str, object]:
    modifier = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x"}
    return {
        "rules": [{"matches": list(matches), "filters": [{"type": "URLRewrite", "urlRewrite": {"path": modifier}}]}]
    }


def test_route_without_rules_matches_everything() -> None:
    (rule,) = read(HTTPRoute, {}).spec.rules
    (match,) = rule.matches
    assert (match.path.type, match.path.value, match.method) == ("PathPrefix", "/", None)


@pytest.mark.parametrize(
    "value", ["a", "/a//b", "/a/./b", "/a/../b", "/a%2fb", "/a%2Fb", "/a#b", "/..", "/a/.", "/a b"]
)
@pytest.mark.parametrize("type_", ["PathPrefix", "Exact"])
def test_path_that_no_normal_request_has_is_refused(value: str, type_: str) -> None:
    assert refusal(HTTPRoute, path(value, type_))


def test_regular_expression_is_any_text_here() -> None:
    """Whether RE2 takes it is found out by binding."""
    assert read(HTTPRoute, path("^(", "RegularExpression")).spec.rules[0].matches[0].path.value == "^("


def test_zero_switches_a_timeout_off() -> None:
    timeouts = {"request": "0s", "backendRequest": "5s"}
    found = read(HTTPRoute, {"rules": [{"timeouts": timeouts}]}).spec.rules[0].timeouts
    assert found is not None and found.request is not None and found.request.seconds == 0.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"rules": [{"timeouts": {"request": "1s", "backendRequest": "2s"}}]},
            "backendRequest timeout cannot be longer than request timeout",
        ),
        (prefix_rewrite({}, {"method": "GET"}), "When using URLRewrite filter with path.replacePrefixMatch"),
        (prefix_rewrite({"path": {"type": "Exact", "value": "/a"}}), "exactly one PathPrefix match must be specified"),
        (
            {"rules": [{"backendRefs": [REF], "filters": [{"type": "RequestRedirect", "requestRedirect": {}}]}]},
            "RequestRedirect filter must not be used together with backendRefs",
        ),
        ({"rules": [{"name": "a"}, {"name": "a"}]}, "Rule name must be unique within the route"),
        ({"rules": [{"matches": [{}] * 43}] * 3}, "must be less than 128"),
        (
            {"rules": [{"matches": [{"headers": [{"name": "a", "value": "b"}] * 2}]}]},
            "duplicate name: a",
        ),
        ({"rules": [{"sessionPersistence": {"type": "Header"}}]}, "header must be specified for Header type"),
        (
            {"rules": [{"sessionPersistence": {"cookie": {"lifetimeType": "Permanent"}}}]},
            "AbsoluteTimeout must be specified when cookie lifetimeType is Permanent",
        ),
        ({"rules": [{"retry": {"codes": [399]}}]}, "greater than or equal to 400"),
        ({"hostnames": ["a.example."]}, "should match pattern"),
    ],
)
def test_rules_between_fields_hold(wrong: dict[str, object], message: str) -> None:
    assert message in refusal(HTTPRoute, wrong)


def test_prefix_is_replaced_where_there_is_just_one() -> None:
    assert read(HTTPRoute, prefix_rewrite({"path": {"value": "/a"}}))
    assert read(HTTPRoute, prefix_rewrite({}))
