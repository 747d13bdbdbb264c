"""The part of a request that is hashed: the first that it has, or a cookie that the client is given."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from config.resources.backend_policy import HashKey
from policies.hash_key import RequestKey
from policies.subject import Subject
from tests.support.subjects import subject


def key(*specs: Mapping[str, object]) -> RequestKey:
    return RequestKey([HashKey.model_validate(spec) for spec in specs])


def asked() -> Subject:
    made = subject("X-User: ann", "Cookie: sid=abc", target="/cart/7?user=bob", address="192.0.2.9")
    made.tags["tier"] = "gold"
    return made


@pytest.mark.parametrize(
    ("spec", "octets"),
    [
        ({"header": "X-User"}, b"ann"),
        ({"cookie": {"name": "sid"}}, b"abc"),
        ({"query": "user"}, b"bob"),
        ({"path": True}, b"/cart/7"),
        ({"tag": "tier"}, b"gold"),
        ({"sourceIP": True}, b"192.0.2.9"),
    ],
    ids=lambda spec: next(iter(spec)) if isinstance(spec, dict) else "",
)
def test_reads_each_part(spec: Mapping[str, object], octets: bytes) -> None:
    assert key(spec).read(asked()) == octets


def test_the_first_that_is_there_counts() -> None:
    assert key({"header": "X-Other"}, {"tag": "none"}, {"query": "user"}, {"path": True}).read(asked()) == b"bob"


def test_an_empty_value_is_none() -> None:
    assert key({"header": "X-Empty"}).read(subject("X-Empty:")) is None


def test_without_any_there_is_no_key() -> None:
    assert key({"header": "X-Other"}).read(asked()) is None
    assert key().read(asked()) is None


def test_a_client_without_any_is_given_the_cookie_and_keeps_its_key() -> None:
    spec = {"cookie": {"name": "home", "ttl": "1h", "path": "/shop"}}
    first = subject()
    made = key({"header": "X-Other"}, spec).read(first)
    assert made is not None
    (line,) = first.response_lines
    assert line == b"set-cookie: home=%b; Path=/shop; HttpOnly; SameSite=Lax; Max-Age=3600\r\n" % made
    again = subject(f"Cookie: home={made.decode()}")
    assert key(spec).read(again) == made
    assert again.response_lines == []
