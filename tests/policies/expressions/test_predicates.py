"""Three results, as CEL has them: an error is neither true nor false, and what decides without it goes before it."""

from __future__ import annotations

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.expressions.predicates import (
    ERROR,
    FALSE,
    TRUE,
    Affix,
    AllOf,
    AnyOf,
    Condition,
    Contains,
    Equals,
    Matches,
    Network,
    Not,
    OneOf,
    Predicate,
    Present,
    ipv4_number,
)
from policies.expressions.values import Claim, Header, Tag
from tests.policies.expressions.subjects import subject

REQUEST = subject(
    b"x-a: one",
    b"x-e: \xe9\xff",
    tags={"lane": "canary"},
    claims={"n": 1, "list": ["a"], "half": "\ud800"},
)
HELD, FAILED, BROKEN = Present(Tag("lane")), Present(Tag("x")), Equals(Tag("x"), "y")
BY_RESULT = {TRUE: HELD, FALSE: FAILED, ERROR: BROKEN}


@pytest.mark.parametrize("results", list(itertools.product((TRUE, FALSE, ERROR), repeat=3)))
def test_a_term_that_decides_goes_before_an_error_in_any_order(results: tuple[int, ...]) -> None:
    terms = tuple(BY_RESULT[result] for result in results)
    every = FALSE if FALSE in results else ERROR if ERROR in results else TRUE
    any_ = TRUE if TRUE in results else ERROR if ERROR in results else FALSE
    assert AllOf(terms).test(REQUEST) == every
    assert AnyOf(terms).test(REQUEST) == any_


def test_not_keeps_an_error() -> None:
    assert [Not(term).test(REQUEST) for term in (HELD, FAILED, BROKEN)] == [FALSE, TRUE, ERROR]


@pytest.mark.parametrize(
    ("predicate", "result"),
    [
        (Equals(Header(b"x-a"), b"one"), TRUE),
        (Equals(Header(b"x-a"), b"on"), FALSE),
        (Equals(Claim("n"), "1"), FALSE),
        (OneOf(Header(b"x-a"), frozenset((b"one", b"two"))), TRUE),
        (OneOf(Header(b"x-a"), frozenset((b"two",))), FALSE),
        (OneOf(Claim("list"), frozenset(("a",))), FALSE),
        (OneOf(Tag("x"), frozenset(("a",))), ERROR),
        (Affix(Header(b"x-a"), b"on", at_end=False), TRUE),
        (Affix(Tag("lane"), "can", at_end=False), TRUE),
        (Affix(Tag("lane"), "x", at_end=False), FALSE),
        (Affix(Claim("n"), "1", at_end=False), ERROR),
        (Affix(Header(b"x-a"), b"ne", at_end=True), TRUE),
        (Affix(Tag("lane"), "ary", at_end=True), TRUE),
        (Affix(Tag("lane"), "x", at_end=True), FALSE),
        (Affix(Tag("x"), "x", at_end=True), ERROR),
        (Contains(Header(b"x-a"), b"n"), TRUE),
        (Contains(Tag("lane"), "x"), FALSE),
        (Contains(Claim("list"), "a"), ERROR),
        (Matches(Header(b"x-a"), "^o.e$"), TRUE),
        (Matches(Tag("lane"), "^x"), FALSE),
        (Matches(Claim("n"), "1"), ERROR),
        (Matches(Claim("half"), "1"), ERROR),
        (Matches(Header(b"x-e"), "^\xe9.$"), TRUE),
        (Matches(Header(b"x-b"), "1"), ERROR),
    ],
)
def test_a_value_is_tested(predicate: Predicate, result: int) -> None:
    assert predicate.test(REQUEST) == result


@pytest.mark.parametrize(
    ("network", "address", "result"),
    [
        ("10.9.0.0/16", "10.9.3.4", TRUE),
        ("10.9.0.0/16", "10.10.0.0", FALSE),
        ("0.0.0.0/0", "255.255.255.255", TRUE),
        ("10.9.3.4", "10.9.3.4", TRUE),
        ("10.9.0.0/16", "::ffff:10.9.3.4", TRUE),
        ("10.9.0.0/16", "fd00::1", FALSE),
        ("fd00::/8", "fd00::1", TRUE),
        ("fd00::/8", "fe80::1%eth0", FALSE),
        ("::/0", "10.9.3.4", FALSE),
        ("10.9.0.0/16", "", ERROR),
        ("10.9.0.0/16", "unix:", ERROR),
    ],
)
def test_an_address_is_in_a_network_or_not(network: str, address: str, result: int) -> None:
    assert Network(network).test(subject(address=address)) == result


@given(st.one_of(st.ip_addresses(v=4).map(str), st.text("0123456789.", max_size=16), st.text(max_size=6)))
def test_an_address_in_dotted_form_is_its_number(text: str) -> None:
    number = ipv4_number(text)
    try:
        assert number == int(ipaddress.IPv4Address(text))
    except ValueError:
        # A zero in front of a digit, which is 010.0.0.1 in octal to some, comes from no system call.
        assert number == -1 or any(part != "0" and part.startswith("0") for part in text.split("."))


@pytest.mark.parametrize(("predicate", "result"), [(HELD, TRUE), (FAILED, FALSE), (BROKEN, ERROR)])
def test_a_condition_holds_only_where_it_is_true(predicate: Predicate, result: int) -> None:
    condition = Condition("text", frozenset(("tags",)), predicate, is_lowered=True)
    assert condition.evaluate(REQUEST) == result
    assert condition.holds(REQUEST) is (result == TRUE)
