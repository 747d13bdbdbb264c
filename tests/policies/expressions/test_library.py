"""What is not lowered has the semantics of CEL, with three functions of Weir's own."""

from __future__ import annotations

import pytest

from config.expressions.check import check
from policies.expressions.library import Evaluated
from policies.expressions.predicates import ERROR, FALSE, TRUE
from tests.policies.expressions.subjects import subject

REQUEST = subject(
    b"x-a: 1",
    b"cookie: lane=canary",
    target=b"/orders/7?page=2",
    tags={"lane": "canary"},
    claims={"groups": ["dev"], "admin": True, "n": 3, "realm": {"role": "x"}, "none": None},
)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('request.method + request.scheme + request.host == "GEThttpsapi.shop.example"', TRUE),
        ("int(request.query.page) + 1 == 3", TRUE),
        ("int(request.query.missing) == 3", ERROR),
        ("int(request.path) == 3", ERROR),
        ('request.headers.exists(k, k.startsWith("x-"))', TRUE),
        ('size(request.cookies) == 1 && request.cookies.all(k, k == "lane")', TRUE),
        ("source.port > 1024", TRUE),
        ('string(source.ip) + source.identity + source.tenant == "10.9.3.4"', TRUE),
        ('"dev" in source.claims.groups', TRUE),
        ("source.claims.admin", TRUE),
        ("source.claims.n", ERROR),
        ("source.claims.none == null", TRUE),
        ('source.claims.realm.role == "x"', TRUE),
        ("source.claims.n > 5", FALSE),
        ("source.claims.missing || source.port == 4711", TRUE),
        ("source.claims.missing && source.port == 1", FALSE),
        ('tags.map(k, tags[k]) == ["canary"]', TRUE),
        ('now > timestamp("2023-11-14T22:13:19Z") && now < timestamp("2023-11-14T22:13:21Z")', TRUE),
        ("now.getHours() == 22 && now.getDayOfWeek() == 2", TRUE),
        ('now.getHours("Europe/Berlin") == 23 && now.getMinutes("UTC") == 13', TRUE),
        ('now.getFullYear("UTC") == 2023 && now.getMonth("UTC") == 10', TRUE),
        ('now.getDate("UTC") == 14 && now.getDayOfMonth("UTC") == 13', TRUE),
        ('now.getDayOfWeek("UTC") == 2 && now.getDayOfYear("UTC") == 317', TRUE),
        ('now.getSeconds("UTC") == 20 && now.getMilliseconds("UTC") == 0', TRUE),
        ('source.port > 1 && source.ip.inCIDR("10.9.0.0/16") && !source.ip.inCIDR("10.0.0.0/16")', TRUE),
        ('source.port > 1 && request.path.matches("^/orders/[0-9]$") && !request.path.matches("x")', TRUE),
        ('source.port > 1 && source.claims.n.matches("x")', ERROR),
        ("1 / (source.port - 4711) == 1", ERROR),
        ("9223372036854775807 + source.port == 0", ERROR),
    ],
)
def test_an_expression_is_evaluated(text: str, result: int) -> None:
    assert Evaluated(check(text)).test(REQUEST) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('size(request.headers) == 3 && request.headers["x-a"] == "1"', TRUE),
        ('request.headers["x-a"].size() == 1 && !("x-b" in request.headers)', TRUE),
        ('request.headers.exists(k, request.headers[k] == "1") && has(request.headers.cookie)', TRUE),
        ('request.headers[request.headers["x-a"]] == "1" || tags.lane.size() == 6', TRUE),
        ('request.headers["x-a"].size() == 1 && tags == {"lane": "canary"}', TRUE),
    ],
)
def test_a_map_has_the_keys_that_are_asked_for(text: str, result: int) -> None:
    assert Evaluated(check(text)).test(REQUEST) == result


def test_a_client_without_an_address_is_an_error() -> None:
    text = 'source.port > 1 && source.ip.inCIDR("10.0.0.0/8")'
    assert Evaluated(check(text)).test(subject(address="")) == ERROR


def test_a_claim_beyond_64_bits_is_a_double() -> None:
    request = subject(claims={"n": 2**80})
    assert Evaluated(check("source.claims.n == 3")).test(request) == FALSE
    assert Evaluated(check("source.claims.n > 1e24")).test(request) == TRUE
