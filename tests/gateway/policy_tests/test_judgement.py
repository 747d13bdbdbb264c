"""Expectations held against explanations: each field, and what is said where it does not hold."""

from __future__ import annotations

import pytest

from config.resources.policy_test import Expectation
from gateway.explanation import Considered, Explanation, HeadChanges, Share
from gateway.policy_tests.judgement import Mismatch, judge

TAKEN = Considered(
    listener="shop/edge/http", hostname="*", route="HTTPRoute shop/orders", rule="read", match="", reason=""
)
OTHER = TAKEN.model_copy(update={"rule": "search", "reason": "query parameter q is absent"})
TOLD = Explanation(
    request="GET http://a/",
    outcome="Forwarded",
    listener="shop/edge/http",
    taken=TAKEN,
    considered=(OTHER, TAKEN),
    tags={"lane": "canary"},
    identity="ann",
    shares=(
        Share(
            backend="shop/orders",
            weight=95,
            percent=95.0,
            target="/v2",
            host="a",
            request_headers=HeadChanges(set={"x-a": "1"}, removed=("x-b",)),
            response_headers=HeadChanges(set={"x-c": "2"}, removed=("server",)),
        ),
        Share(
            backend="shop/next",
            weight=5,
            percent=5.0,
            target="/v2",
            host="a",
            request_headers=HeadChanges(set={"x-a": "1"}, removed=("x-b",)),
            response_headers=HeadChanges(set={"x-c": "3"}),
        ),
        Share(backend="shop/off", weight=0, percent=0.0),
    ),
)
NAMES = ("shop/orders", "shop/next", "shop/off")


def judged(**fields: object) -> list[Mismatch]:
    return judge(Expectation.model_validate(fields), TOLD, "shop", NAMES)


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "Forwarded", "listener": "edge/http", "route": "orders", "rule": "read"},
        {"listener": "shop/edge/http", "route": "shop/orders", "refusedBy": ""},
        {"backends": {"orders": 95.0, "shop/next": 5.0}},
        {"tags": {"lane": "canary"}, "absentTags": ["tier"], "identity": "ann"},
        {"target": "/v2", "host": "a", "requestHeaders": {"X-A": "1"}, "removedRequestHeaders": ["X-B"]},
    ],
)
def test_what_holds_is_no_mismatch(fields: dict[str, object]) -> None:
    assert judged(**fields) == []


@pytest.mark.parametrize("name", ["ListenerSet edge/http", "ListenerSet shop/edge/http"])
def test_a_listener_of_a_listener_set_goes_by_its_kind_too(name: str) -> None:
    told = TOLD.model_copy(update={"listener": "ListenerSet shop/edge/http"})
    assert judge(Expectation(listener=name), told, "shop", NAMES) == []
    (mismatch,) = judge(Expectation(listener=name), TOLD, "shop", NAMES)
    assert (mismatch.expected, mismatch.came) == ("ListenerSet shop/edge/http", "shop/edge/http")


@pytest.mark.parametrize(
    ("fields", "mismatch"),
    [
        ({"status": 403}, Mismatch("status", "403", "none")),
        ({"outcome": "Refused"}, Mismatch("outcome", "Refused", "Forwarded")),
        ({"refusedBy": "access.jwt"}, Mismatch("refusedBy", "access.jwt", "none")),
        ({"rule": "search"}, Mismatch("rule", "search", "read", "rule search: query parameter q is absent")),
        (
            {"rule": "raed"},
            Mismatch("rule", "raed", "read", 'route shop/orders has no rule raed; did you mean "read"?'),
        ),
        (
            {"route": "ordesr"},
            Mismatch(
                "route",
                "shop/ordesr",
                "shop/orders",
                'there is no route shop/ordesr on this port; did you mean "shop/orders"?',
            ),
        ),
        (
            {"backend": "ordesr"},
            Mismatch(
                "backend",
                "shop/ordesr",
                "shop/next 5 %, shop/orders 95 %",
                'there is no backend shop/ordesr, did you mean "shop/orders"?',
            ),
        ),
        ({"tags": {"tier": "gold"}}, Mismatch("tags.tier", "gold", "none")),
        ({"absentTags": ["lane"]}, Mismatch("absentTags", "no lane", "canary")),
        ({"requestHeaders": {"x-z": "1"}}, Mismatch("requestHeaders.x-z", "1", "none")),
        ({"responseHeaders": {"x-c": "2"}}, Mismatch("responseHeaders.x-c", "2", "2 or 3")),
        ({"removedResponseHeaders": ["server"]}, Mismatch("removedResponseHeaders", "without server", "not removed")),
        (
            {"removedRequestHeaders": ["x-z"]},
            Mismatch("removedRequestHeaders", "without x-z", "not removed", "the request of the test must have it"),
        ),
    ],
)
def test_what_does_not_hold_says_what_came(fields: dict[str, object], mismatch: Mismatch) -> None:
    assert judged(**fields) == [mismatch]


def test_headers_of_a_request_that_no_backend_gets_are_no_headers() -> None:
    refused = Explanation(
        request="GET http://a/",
        outcome="Refused",
        status=401,
        answer_headers=HeadChanges(set={"www-authenticate": "Bearer"}),
    )
    expected = Expectation.model_validate(
        {"removedRequestHeaders": ["x-a"], "responseHeaders": {"www-authenticate": "Bearer"}}
    )
    assert judge(expected, refused, "shop", NAMES) == [Mismatch("requestHeaders", "a forwarded request", "Refused")]


def test_a_share_that_a_policy_refuses_is_nobodys_and_said_where_it_was_meant_for_somebody() -> None:
    kept, refused, off = TOLD.shares
    fate = {"outcome": "Refused", "status": 403, "reason": "access.sources: no", "refused_by": "access.sources"}
    told = TOLD.model_copy(update={"shares": (kept, refused.model_copy(update=fate), off)})

    def judged_now(**fields: object) -> list[Mismatch]:
        return judge(Expectation.model_validate(fields), told, "shop", NAMES)

    assert judged_now(backends={"orders": 95.0}, target="/v2", responseHeaders={"X-C": "2"}) == []
    (mismatch,) = judged_now(backends={"orders": 95.0, "next": 5.0})
    assert (mismatch.came, mismatch.hint) == ("shop/orders 95 %", "5 %: access.sources: no")
