"""What policies say of the messages of a request."""

from __future__ import annotations

from tests.support.subjects import subject


def test_a_field_that_is_set_takes_the_place_of_the_clients() -> None:
    asking = subject("X-User: mallory")
    asking.set_request_field(b"x-user", b"alice")
    assert asking.request_drop == {b"x-user"}
    assert asking.request_lines == [b"x-user: alice\r\n"]


def test_a_field_that_is_set_takes_the_place_of_the_endpoints() -> None:
    asking = subject()
    asking.set_response_field(b"x-cache", b"hit")
    assert asking.response_drop == {b"x-cache"}
    assert asking.response_lines == [b"x-cache: hit\r\n"]


def test_nothing_is_known_of_a_request_at_first() -> None:
    asking = subject()
    assert (asking.identity, asking.tenant, asking.tags, dict(asking.claims)) == ("", "", {}, {})
    assert (asking.address, asking.peer) == ("192.0.2.1", "192.0.2.1")


def test_of_policies_that_set_one_field_the_last_counts() -> None:
    asking = subject()
    asking.set_request_field(b"x-user", b"alice")
    asking.set_request_field(b"x-user-id", b"1")
    asking.set_request_field(b"x-user", b"bob")
    assert asking.request_lines == [b"x-user-id: 1\r\n", b"x-user: bob\r\n"]
    asking.unset_request_field(b"x-user")
    assert asking.request_lines == [b"x-user-id: 1\r\n"]
    assert asking.request_drop == {b"x-user", b"x-user-id"}
