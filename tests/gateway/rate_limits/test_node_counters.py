"""The counters of a node as a worker uses them."""

from __future__ import annotations

from gateway.hot.flight_table import FlightTable
from gateway.hot.ledger import Ledger
from gateway.hot.rate_table import RateTable
from gateway.rate_limits.node_counters import KEYS_KEPT, NodeCounters
from gateway.telemetry import metrics
from policies.rate_limit.counters import Event
from policies.rate_limit.meter import Kind, Meter
from tests.support.stopped_clock import StoppedClock


def test_goes_by_its_clock() -> None:
    clock = StoppedClock()
    counters = NodeCounters(clock, RateTable.private(), FlightTable.private(), Ledger.private())
    meter, key = Meter(Kind.BUCKET, 1, 10**9, 1), counters.key_of(b"alice")
    reading = counters.take(meter, key, 1)
    assert reading.admitted
    assert not counters.take(meter, key, 1).admitted
    counters.give_back(meter, key, 1, reading.now_ns)
    assert counters.take(meter, key, 1).admitted
    clock.advance(1)
    assert counters.take(meter, key, 1).admitted
    deferred = Meter(Kind.BUCKET, 1, 10**9, 1, deferred=True)
    counters.charge(deferred, key, 3)
    clock.advance(1)
    assert not counters.take(deferred, key, 1).admitted


def test_places_tell_how_many_more_there_may_be() -> None:
    counters = NodeCounters(StoppedClock(), RateTable.private(), FlightTable.private(), Ledger.private())
    key = counters.key_of(b"alice")
    (place, left), (_, none), refused = (counters.enter(key, 2, 0) for _ in range(3))
    assert (left, none, refused) == (1, 0, (-1, 0))
    counters.leave(place)
    assert counters.enter(key, 2, 0)[1] == 0


def test_keys_are_hashes_and_few_are_remembered() -> None:
    counters = NodeCounters(StoppedClock(), RateTable.private(), FlightTable.private(), Ledger.private())
    keys = {counters.key_of(b"%d" % number) for number in range(KEYS_KEPT + 10)}
    assert len(keys) == KEYS_KEPT + 10
    assert {len(key) for key in keys} == {16}
    assert counters.key_of(b"5") in keys
    assert counters.key_of(b"x" * 1000) == counters.key_of(b"x" * 1000)


def test_events_are_counted_in_the_ledger() -> None:
    ledger = Ledger.private()
    counters = NodeCounters(StoppedClock(), RateTable.private(), FlightTable.private(), ledger)
    for event in Event:
        counters.count(event)
    assert all(ledger.value(metrics.RATE_LIMITED[event]) == 1 for event in Event)
