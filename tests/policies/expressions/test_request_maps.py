"""Cookies, query parameters and headers as conditions see them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hot.request_values import host_name
from policies.expressions.request_maps import cookie_map, header_map, host_of, query_map
from tests.policies.expressions.subjects import subject


def test_fields_of_one_name_are_one_list_in_order() -> None:
    assert header_map(subject(b"X-A: 1", b"x-b: 2", b"x-a: 3").head) == {
        "host": "api.shop.example",
        "x-a": "1, 3",
        "x-b": "2",
    }


def test_octets_that_are_no_utf8_are_characters_of_latin1() -> None:
    assert header_map(subject(b"x-a: \xff\xe9").head)["x-a"] == "\xff\xe9"


def test_the_first_cookie_of_a_name_counts_in_whichever_field() -> None:
    head = subject(b"cookie: a=1; lane = canary ;a=2;novalue; e=", b"cookie: a=3; b=x=y").head
    assert cookie_map(head) == {"a": "1", "lane": "canary", "e": "", "b": "x=y"}


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (b"", {}),
        (b"a=1&a=2&b&=x", {"a": "1", "b": "", "": "x"}),
        (b"%61+b=%C3%A9+c", {"a b": "\xe9 c"}),
        (b"a=%FF&b=%zz", {"a": "\ufffd", "b": "%zz"}),
        (b"a=1;b=2", {"a": "1;b=2"}),
    ],
)
def test_a_query_is_decoded_as_a_form(query: bytes, values: dict[str, str]) -> None:
    assert query_map(query) == values


@given(st.binary(max_size=60))
def test_any_query_is_decoded(query: bytes) -> None:
    assert all(name.encode() is not None and value.encode() is not None for name, value in query_map(query).items())


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        (b"A.example:80", b"a.example"),
        (b"a.example.", b"a.example"),
        (b"[FD00::1]:8080", b"[fd00::1]"),
        (b"[::1]", b"[::1]"),
        (b"", b""),
    ],
)
def test_a_host_is_without_port_and_in_lower_case(authority: bytes, host: bytes) -> None:
    assert host_of(authority) == host


@given(st.text("aZ0.:[]-", max_size=12))
def test_conditions_see_the_host_that_requests_are_routed_by(authority: str) -> None:
    """Policies import nothing of the gateway, so the rule is written twice: the two must not part."""
    octets = authority.encode()
    assert host_of(octets) == host_name(octets)
