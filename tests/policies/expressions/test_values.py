"""Each value is read where the request has it."""

from __future__ import annotations

import pytest

from policies.expressions.values import (
    NULL,
    Address,
    Claim,
    Cookie,
    Header,
    Host,
    Identity,
    Method,
    Path,
    Query,
    Scheme,
    Tag,
    Tenant,
    Value,
)
from tests.policies.expressions.subjects import subject

REQUEST = subject(
    b"X-A: 1",
    b"x-a: 2",
    b"cookie: c=d",
    target=b"/p?q=%20r",
    host=b"API.example:1",
    tags={"lane": "canary"},
    claims={"sub": "me", "none": None, "list": [1]},
)
REQUEST.identity, REQUEST.tenant = "spiffe://x", "shop"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Method(), b"GET"),
        (Scheme(), b"https"),
        (Host(), b"api.example"),
        (Path(), b"/p"),
        (Header(b"x-a"), b"1, 2"),
        (Header(b"host"), b"API.example:1"),
        (Query("q"), " r"),
        (Cookie("c"), "d"),
        (Tag("lane"), "canary"),
        (Claim("sub"), "me"),
        (Claim("list"), [1]),
        (Claim("none"), NULL),
        (Address(), "10.9.3.4"),
        (Identity(), "spiffe://x"),
        (Tenant(), "shop"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_is_read(value: Value, found: object) -> None:
    assert value.read(REQUEST) == found


@pytest.mark.parametrize(
    "value", [Header(b"x-b"), Query("x"), Cookie("x"), Tag("x"), Claim("x")], ids=lambda value: type(value).__name__
)
def test_what_is_missing_is_none(value: Value) -> None:
    assert value.read(REQUEST) is None
