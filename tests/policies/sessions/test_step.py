"""Tokens of sessions: what a client is given, what is read of it, and what is none."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.snapshot import RouteSession
from policies.sessions.step import KEY_BYTES, SessionStep
from policies.subject import Subject
from tests.support.subjects import NOW_S, subject

KEY = bytes(range(KEY_BYTES))
COOKIE = RouteSession("sid", header=False, path="/", permanent=False, absolute_timeout_s=0.0)
HEADER = RouteSession("X-Session", header=True, path="", permanent=False, absolute_timeout_s=0.0)


def step(spec: RouteSession = COOKIE, *, rule: str = "shop/orders/0", key: bytes = KEY) -> SessionStep:
    return SessionStep(spec, rule, key)


def token(made: SessionStep, now_s: float = NOW_S) -> str:
    """What a new client is given at an endpoint."""
    asking = subject(now_s=now_s)
    made.decide(asking)
    assert asking.session is not None
    asking.session.settle(asking, "shop/orders", "10.0.0.1:80")
    (line,) = asking.response_lines
    found = re.search(rb"[=:] ?([A-Za-z0-9_-]{20,})", line)
    assert found is not None, line
    return found[1].decode()


def place(made: SessionStep, *lines: str, now_s: float = NOW_S) -> tuple[str, str]:
    asking = subject(*lines, now_s=now_s)
    made.decide(asking)
    assert asking.session is not None
    return asking.session.backend, asking.session.place


def test_a_client_is_given_a_cookie_that_brings_it_back() -> None:
    made = step()
    assert place(made, f"Cookie: a=b; sid={token(made)}") == ("shop/orders", "10.0.0.1:80")


def test_or_a_header() -> None:
    made = step(HEADER)
    assert place(made, f"x-session: {token(made)}") == ("shop/orders", "10.0.0.1:80")


def test_without_a_session_there_is_no_place() -> None:
    assert place(step()) == ("", "")


def test_who_is_where_it_was_is_given_nothing() -> None:
    made = step()
    asking = subject(f"Cookie: sid={token(made)}")
    made.decide(asking)
    assert asking.session is not None
    asking.session.settle(asking, "shop/orders", "10.0.0.1:80")
    assert asking.response_lines == []
    asking.session.settle(asking, "shop/orders", "10.0.0.2:80")
    assert len(asking.response_lines) == 1


def test_nobody_reads_a_token_or_makes_one() -> None:
    made = step()
    text = token(made)
    assert b"10.0.0.1" not in bytes(text, "ascii")
    for other in (step(rule="shop/orders/1"), step(key=bytes(KEY_BYTES))):
        assert place(other, f"Cookie: sid={text}") == ("", "")


@given(st.binary(max_size=80).map(lambda octets: octets.hex()), st.integers(0, 60))
def test_what_is_no_token_is_no_session(garbage: str, at: int) -> None:
    made = step()
    text = token(made)
    changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
    assert place(made, f"Cookie: sid={garbage}") == ("", "")
    assert place(made, f"Cookie: sid={changed}") == ("", "")
    assert place(made, f"Cookie: sid={'a' * 5000}") == ("", "")


def test_a_session_ends_at_its_absolute_time() -> None:
    made = step(replace(COOKIE, absolute_timeout_s=60.0))
    text = token(made)
    assert place(made, f"Cookie: sid={text}", now_s=NOW_S + 59)[0] == "shop/orders"
    assert place(made, f"Cookie: sid={text}", now_s=NOW_S + 61) == ("", "")


@pytest.mark.parametrize(
    ("spec", "attributes"),
    [
        (COOKIE, "; Path=/; HttpOnly; SameSite=Lax"),
        (replace(COOKIE, path="/shop"), "; Path=/shop; HttpOnly; SameSite=Lax"),
        (
            replace(COOKIE, permanent=True, absolute_timeout_s=3600.0),
            "; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600",
        ),
        # Of a session cookie the time is Weir's to keep.
        (replace(COOKIE, absolute_timeout_s=3600.0), "; Path=/; HttpOnly; SameSite=Lax"),
    ],
)
def test_the_cookie_says_how_long_and_where(spec: RouteSession, attributes: str) -> None:
    asking = subject()
    given_by(step(spec), asking)
    (line,) = asking.response_lines
    assert line.decode().removesuffix("\r\n").endswith(attributes)


def test_over_https_the_cookie_stays_there() -> None:
    like = subject()
    asking = Subject(
        like.head,
        route=like.route,
        scheme=b"https",
        address=like.address,
        peer=like.peer,
        port=like.port,
        now_s=like.now_s,
        draw=like.draw,
    )
    given_by(step(), asking)
    assert asking.response_lines[0].endswith(b"; Secure\r\n")


def given_by(made: SessionStep, asking: Subject) -> None:
    made.decide(asking)
    assert asking.session is not None
    asking.session.settle(asking, "shop/orders", "10.0.0.1:80")
