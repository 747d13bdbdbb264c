"""The counters of a node as a worker uses them."""

from __future__ import annotations

import asyncio

from gateway.hot.flight_table import FlightTable
from gateway.hot.ledger import Ledger
from gateway.hot.rate_table import RateTable
from gateway.rate_limits.node_counters import KEYS_KEPT, NodeCounters
from gateway.telemetry import metrics
from policies.rate_limit.counters import Event
from policies.rate_limit.meter import Kind, Meter
from policies.rate_limit.passage import Passage
from policies.rate_limit.shared_meter import SharedMeter, StoreQuestion
from tests.support.shared_limits import CommandedStore, unshared
from tests.support.shared_limits import counters as shared_counters
from tests.support.stopped_clock import StoppedClock


def node_counters(clock: StoppedClock | None = None, ledger: Ledger | None = None) -> NodeCounters:
    clock = clock or StoppedClock()
    rates, flights = RateTable.private(), FlightTable.private()
    return NodeCounters(clock, rates, flights, ledger or Ledger.private(), unshared(clock))


async def test_goes_by_its_clock() -> None:
    clock = StoppedClock()
    counters = node_counters(clock)
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


async def test_places_tell_how_many_more_there_may_be() -> None:
    counters = node_counters()
    key = counters.key_of(b"alice")
    (place, left), (_, none), refused = (counters.enter(key, 2, 0) for _ in range(3))
    assert (left, none, refused) == (1, 0, (-1, 0))
    counters.leave(place)
    assert counters.enter(key, 2, 0)[1] == 0


async def test_keys_are_hashes_and_few_are_remembered() -> None:
    counters = node_counters()
    keys = {counters.key_of(b"%d" % number) for number in range(KEYS_KEPT + 10)}
    assert len(keys) == KEYS_KEPT + 10
    assert {len(key) for key in keys} == {16}
    assert counters.key_of(b"5") in keys
    assert counters.key_of(b"x" * 1000) == counters.key_of(b"x" * 1000)


async def test_events_are_counted_in_the_ledger() -> None:
    ledger = Ledger.private()
    counters = node_counters(ledger=ledger)
    for event in Event:
        counters.count(event)
    assert all(ledger.value(metrics.RATE_LIMITED[event]) == 1 for event in Event)


async def test_shared_limits_are_those_of_the_store() -> None:
    clock, store = StoppedClock(), CommandedStore(100)
    shared = shared_counters(clock, store)
    made = NodeCounters(clock, RateTable.private(), FlightTable.private(), Ledger.private(), shared)
    node = Meter(Kind.BUCKET, 1, 10**9, 1)
    meter = SharedMeter(Kind.BUCKET, 1, 10**9, 1, 0, deferred=False, on_failure="Allow", node=node)
    assert made.take_shared(meter, b"alice", 1) is None
    answer = await shared.answer(StoreQuestion(meter, b"alice", 1, 0, Passage()))
    assert answer.reading is not None
    made.give_back_shared(b"alice", 1)
    assert made.take_shared(meter, b"alice", 1) is not None
    made.charge_shared(meter, b"alice", 5)
    for _ in range(5):
        await asyncio.sleep(0)
    assert store.units == 94
