"""Tokens are found where they may stand, and taken out without a trace, and without taking more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.resources.access import TokenPlace
from policies.access.token_place import Place
from policies.subject import Subject
from tests.support.subjects import subject

BEARER = Place(TokenPlace(header="Authorization", prefix="Bearer "))
COOKIE = Place(TokenPlace(cookie="token"))
QUERY = Place(TokenPlace(query="access_token"))


def cookies(request: Subject) -> list[bytes]:
    """What goes on as Cookie."""
    own = [line.split(b":", 1)[1].strip() for line in request.request_lines if line.startswith(b"cookie:")]
    return own if b"cookie" in request.request_drop else list(request.head.get_all(b"cookie"))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("authorization: Bearer abc", [b"abc"]),
        ("Authorization: bEARER   abc", [b"abc"]),
        ("authorization: Bearer", []),
        ("authorization: Bearerabc", []),
        ("authorization: Basic abc", []),
        ("x-authorization: Bearer abc", []),
    ],
)
def test_a_scheme_is_compared_without_case_and_ends_before_a_blank(line: str, found: list[bytes]) -> None:
    assert BEARER.find(subject(line)) == found


def test_every_line_of_a_header_counts() -> None:
    assert BEARER.find(subject("authorization: Bearer a", "authorization: Bearer b")) == [b"a", b"b"]


def test_a_header_is_dropped() -> None:
    request = subject("authorization: Bearer a")
    BEARER.strip(request)
    assert request.request_drop == {b"authorization"} and not request.request_lines


@pytest.mark.parametrize(
    ("lines", "found", "rest"),
    [
        (("cookie: token=abc",), [b"abc"], []),
        (("cookie: a=1; token=abc; b=2",), [b"abc"], [b"a=1; b=2"]),
        (("cookie: a=1; token=abc", "cookie: token=d;b=2"), [b"abc", b"d"], [b"a=1; b=2"]),
        (("cookie: a=token=abc; tokens=1; Token=2",), [], [b"a=token=abc; tokens=1; Token=2"]),
        (("cookie: token=a=b",), [b"a=b"], []),
        (("cookie: token=; x",), [], [b"x"]),
    ],
)
def test_a_cookie_is_taken_out_from_among_others(lines: tuple[str, ...], found: list[bytes], rest: list[bytes]) -> None:
    request = subject(*lines)
    assert COOKIE.find(request) == found
    for _ in range(2):
        COOKIE.strip(request)
        assert cookies(request) == rest


def test_two_steps_take_out_a_cookie_each() -> None:
    request = subject("cookie: token=abc; key=secret; a=1")
    COOKIE.strip(request)
    Place(TokenPlace(cookie="key")).strip(request)
    COOKIE.strip(request)
    assert cookies(request) == [b"a=1"]


def test_a_cookie_field_that_another_policy_drops_stays_dropped() -> None:
    request = subject("cookie: token=abc; a=1")
    request.request_drop.add(b"cookie")
    COOKIE.strip(request)
    assert cookies(request) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("access_token=abc", [b"abc"]),
        ("a=1&access_token=abc&b=2", [b"abc"]),
        ("access_token=a%2Eb", [b"a.b"]),
        ("%61ccess_token=abc", [b"abc"]),
        ("access_token=a&access_token=b", [b"a", b"b"]),
        ("access_token", []),
        ("access_token=", []),
        ("xaccess_token=a", []),
    ],
)
def test_a_query_parameter_is_read_as_a_form(query: str, found: list[bytes]) -> None:
    request = subject(target=f"/orders?{query}")
    assert QUERY.find(request) == found
    QUERY.strip(request)
    assert not request.request_drop and not request.request_lines


pairs = st.tuples(st.sampled_from(["token", "a", "b", "tokens"]), st.text(alphabet="abc=01.-_", max_size=8))


@given(st.lists(st.lists(pairs, min_size=1, max_size=5), max_size=3))
def test_what_is_stripped_is_all_that_was_found_and_nothing_else(lines: list[list[tuple[str, str]]]) -> None:
    request = subject(*("cookie: " + "; ".join(f"{name}={value}" for name, value in line) for line in lines))
    COOKIE.strip(request)
    expected = "; ".join(f"{name}={value}" for line in lines for name, value in line if name != "token")
    assert b"; ".join(cookies(request)).decode() == expected
