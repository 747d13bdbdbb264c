"""Tests of the simulated clients."""

from __future__ import annotations

from random import Random

from benchmarks.simulation.calls import Call
from benchmarks.simulation.clients import Clients, Outcomes
from benchmarks.simulation.events import MS_NS, SECOND_NS, Events


class Late:
    """Answers after 5 ms, with 503 the first ten times."""

    def __init__(self, events: Events) -> None:
        self.keys: list[bytes | None] = []
        self._events = events

    def take(self, call: Call, key: bytes | None, *, again: bool) -> None:
        assert not again
        self.keys.append(key)
        status = 503 if len(self.keys) <= 10 else 200
        self._events.after(5 * MS_NS, lambda: call.answered(status, tried=False))


def test_requests_come_at_their_rate_and_are_counted_from_their_time_on() -> None:
    events = Events()
    late, outcomes = Late(events), Outcomes(events)
    clients = Clients(events, Random(1), [late], 1_000.0, outcomes, keys=5)
    events.run_until(10 * SECOND_NS)
    clients.stop()
    clients.outcomes = Outcomes(events)
    events.run_until(11 * SECOND_NS)
    assert 9_700 < len(late.keys) < 10_300
    assert outcomes.sent == len(late.keys)
    assert len(set(late.keys)) == 5
    assert outcomes.errors == {503: 10}
    assert outcomes.failed == 10 / outcomes.sent
    assert set(outcomes.latencies_ns) == {5 * MS_NS}


def test_what_was_sent_before_does_not_count() -> None:
    events = Events()
    late, outcomes = Late(events), Outcomes(events, SECOND_NS)
    Clients(events, Random(1), [late], 100.0, outcomes)
    events.run_until(2 * SECOND_NS)
    assert 0 < outcomes.sent < len(late.keys)
    assert outcomes.errors == {}
