"""HTTPRoutes: matches, timeouts, and the rules between the parts of a rule."""

from __future__ import annotations

import pytest

from config.resources.http_route import HTTPRoute
from tests.config.resources.own_kinds import read, refusal

REF = {"name": "a", "port": 1}


def path(value: str, type_: str = "PathPrefix") -> dict[str, object]:
    return {"rules": [{"matches": [{"path": {"type": type_, "value": value}}]}]}


MODIFIER = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x"}
REWRITE = {"type": "URLRewrite", "urlRewrite": {"path": MODIFIER}}
REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"path": MODIFIER}}
TWO_MATCHES: list[dict[str, object]] = [{}, {"method": "GET"}]


def prefix_rewrite(*matches: dict[str, object]) -> dict[str, object]:
    return {"rules": [{"matches": list(matches), "filters": [REWRITE]}]}


def session(**fields: object) -> dict[str, object]:
    return {"rules": [{"sessionPersistence": fields}]}


def test_route_without_rules_matches_everything() -> None:
    (rule,) = read(HTTPRoute, {}).spec.rules
    (match,) = rule.matches
    assert (match.path.type, match.path.value, match.method) == ("PathPrefix", "/", None)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a", "value must be an absolute path and start with '/'"),
        ("/a//b", "must not contain '//'"),
        ("/a/./b", "must not contain '/./'"),
        ("/a/../b", "must not contain '/../'"),
        ("/a%2fb", "must not contain '%2f'"),
        ("/a%2Fb", "must not contain '%2F'"),
        ("/a#b", "must not contain '#'"),
        ("/..", "must not end with '/..'"),
        ("/a/.", "must not end with '/.'"),
        ("/a b", "must only contain valid characters"),
        ("/a%2", "must only contain valid characters"),
        ("/" * 1025, "at most 1024 characters"),
    ],
)
@pytest.mark.parametrize("type_", ["PathPrefix", "Exact"])
def test_path_that_no_normal_request_has_is_refused(value: str, message: str, type_: str) -> None:
    assert message in refusal(HTTPRoute, path(value, type_))


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
        (
            {"rules": [{"matches": TWO_MATCHES, "filters": [REDIRECT]}]},
            "When using RequestRedirect filter with path.replacePrefixMatch",
        ),
        (
            {"rules": [{"matches": TWO_MATCHES, "backendRefs": [{**REF, "filters": [REDIRECT]}]}]},
            "Within backendRefs, when using RequestRedirect filter with path.replacePrefixMatch",
        ),
        (
            {"rules": [{"matches": TWO_MATCHES, "backendRefs": [{**REF, "filters": [REWRITE]}]}]},
            "Within backendRefs, When using URLRewrite filter with path.replacePrefixMatch",
        ),
        (session(), "cookie must be specified for Cookie type"),
        (session(type="Header"), "header must be specified for Header type"),
        (session(type="Header", cookie={}), "cookie must be nil if type is not Cookie"),
        (session(cookie={}, header={"name": "a"}), "header must be nil if type is not Header"),
        (
            session(cookie={"lifetimeType": "Permanent"}),
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


def test_session_is_kept_by_a_cookie_or_a_header() -> None:
    by_cookie, by_header = (
        read(HTTPRoute, session(**fields)).spec.rules[0].session_persistence
        for fields in (
            {"cookie": {"lifetimeType": "Permanent"}, "absoluteTimeout": "1h30m"},
            {"type": "Header", "header": {"name": "x-session"}},
        )
    )
    assert by_cookie is not None and by_cookie.absolute_timeout is not None
    assert by_cookie.absolute_timeout.seconds == 5400.0
    assert by_header is not None and by_header.header is not None and by_header.header.name == "x-session"
