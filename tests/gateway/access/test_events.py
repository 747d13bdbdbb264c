"""Events of keys and passwords are told apart."""

from __future__ import annotations

from gateway.access.events import AccessEvent


def test_each_event_says_something_else() -> None:
    assert len({event.value for event in AccessEvent}) == len(AccessEvent) == 9
