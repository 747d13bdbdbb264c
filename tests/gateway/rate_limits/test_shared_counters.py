"""Shared limits of one worker: asked together, answered from leases, and left alone where the store is gone."""

from __future__ import annotations

import asyncio

from gateway.hot.ledger import Ledger
from gateway.rate_limits.question import Charge
from gateway.rate_limits.shared_counters import FIRST_PAUSE_NS, LONGEST_PAUSE_NS, SharedCounters
from gateway.telemetry import metrics
from policies.rate_limit.meter import Kind, Meter, Reading
from policies.rate_limit.passage import Passage
from policies.rate_limit.shared_meter import SharedMeter, StoreQuestion
from tests.support.shared_limits import CommandedStore, counters, unshared
from tests.support.stopped_clock import StoppedClock

METER = SharedMeter(
    Kind.BUCKET, 1000, 10**9, 1000, 0, deferred=False, on_failure="Allow", node=Meter(Kind.BUCKET, 1000, 10**9, 1000)
)


async def ask(made: SharedCounters, parts: bytes = b"alice") -> Reading | None:
    reading = made.take(parts, 1)
    if reading is not None:
        return reading
    return (await made.answer(StoreQuestion(METER, parts, 1, 0, Passage()))).reading


async def test_most_requests_ask_nobody() -> None:
    store, ledger = CommandedStore(10_000), Ledger.private()
    made = counters(StoppedClock(), store, ledger)
    for _ in range(1000):
        reading = await ask(made)
        assert reading is not None
        assert reading.admitted
    assert len(store.asked) == ledger.value(metrics.RATE_LIMIT_STORE_QUESTIONS) < 20


async def test_requests_of_one_turn_go_in_one_pipeline_and_those_of_one_key_wait_for_one_answer() -> None:
    store = CommandedStore(10_000)
    made = counters(StoppedClock(), store)
    readings = await asyncio.gather(*(ask(made, b"%d" % (number % 5)) for number in range(10)))
    assert all(reading is not None and reading.admitted for reading in readings)
    assert [len(each) for each in store.asked] == [5, 5]
    assert store.units == 10_000 - sum(each.wanted for pipeline in store.asked for each in pipeline)  # type: ignore[union-attr]


async def test_who_is_refused_does_not_ask_again_until_it_is_time() -> None:
    store, clock = CommandedStore(0), StoppedClock()
    made = counters(clock, store)
    for _ in range(5):
        reading = await ask(made)
        assert reading is not None
        assert (reading.admitted, reading.wait_ns) == (False, 500_000_000)
    assert len(store.asked) == 1
    clock.advance(0.6)
    await ask(made)
    assert len(store.asked) == 2


async def test_a_store_that_fails_is_left_alone_for_longer_and_longer() -> None:
    store, clock, ledger = CommandedStore(100), StoppedClock(), Ledger.private()
    made = counters(clock, store, ledger)
    store.failing = True
    assert await ask(made) is None
    pause_ns = FIRST_PAUSE_NS
    for _ in range(8):
        assert await ask(made) is None
        asked = len(store.asked)
        clock.advance(pause_ns / 1e9)
        assert await ask(made) is None
        assert len(store.asked) == asked + 1
        pause_ns = min(2 * pause_ns, LONGEST_PAUSE_NS)
    assert ledger.value(metrics.RATE_LIMIT_STORE_FAILURES) == 9
    store.failing = False
    clock.advance(LONGEST_PAUSE_NS / 1e9)
    reading = await ask(made)
    assert reading is not None
    assert reading.admitted


async def test_without_a_redis_nobody_is_asked() -> None:
    store = CommandedStore(100)
    made = unshared(StoppedClock(), store)
    assert await ask(made) is None
    assert store.asked == []


async def test_costs_that_are_charged_afterwards_are_sent_and_nobody_waits() -> None:
    store = CommandedStore(100)
    made = counters(StoppedClock(), store)
    made.charge(METER, b"alice", 30)
    made.charge(METER, b"alice", 0)
    await asyncio.sleep(0.0)
    for _ in range(5):
        await asyncio.sleep(0)
    assert [type(each) for each in store.asked[0]] == [Charge]
    assert store.units == 70


async def test_a_client_that_leaves_while_the_store_is_asked_holds_up_nobody() -> None:
    store = CommandedStore(100)
    made = counters(StoppedClock(), store)
    leaving = asyncio.ensure_future(ask(made))
    await asyncio.sleep(0)
    staying = asyncio.ensure_future(ask(made))
    await asyncio.sleep(0)
    leaving.cancel()
    reading = await staying
    assert reading is not None
    assert reading.admitted


async def test_another_redis_is_another_store_and_a_reload_of_the_same_is_none() -> None:
    store = CommandedStore(100)
    made = counters(StoppedClock(), store)
    await ask(made)
    spec = made._spec
    made.configure(spec)
    assert not store.closed
    made.configure(None)
    await asyncio.sleep(0)
    assert store.closed
    await made.close()
