"""The key of a request is the first of a list that it has."""

from __future__ import annotations

from policies.request_key import RequestKey
from tests.policies.test_sticky import keys
from tests.support.subjects import subject


def test_the_first_that_the_request_has_counts() -> None:
    key = RequestKey(keys({"header": "X-User"}, {"query": "user"}, {"sourceIP": True}))
    assert key.read(subject("X-User: alice", target="/?user=bob")) == b"alice"
    assert key.read(subject("X-User:", target="/?user=bob")) == b"bob"
    assert key.read(subject(address="192.0.2.9")) == b"192.0.2.9"


def test_a_request_without_any_has_none() -> None:
    asking = subject()
    assert RequestKey(keys({"header": "x-user"})).read(asking) is None
    assert not asking.response_lines


def test_a_cookie_that_is_missing_is_made_once() -> None:
    key = RequestKey(keys({"header": "x-user"}, {"cookie": {"name": "uid"}}))
    asking = subject()
    made = key.read(asking)
    assert made is not None
    assert key.read(asking) == made
    (line,) = asking.response_lines
    assert line.startswith(b"set-cookie: uid=" + made)
    assert key.read(subject("Cookie: uid=" + made.decode())) == made
