"""The schedule of checks: how often, how many at once, and what a late timer says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.resources.backend_policy import HealthCheck
from discovery.endpoint import Endpoint
from discovery.health import active
from discovery.health.active import ActiveChecks, Room, pause_s_of
from discovery.health.probes import ProbeFailed
from tests.support.endpoints import DiscoveryRuntime, endpoint
from tests.support.waiting import until

FAST = {"tcp": {}, "interval": "1ms", "fastInterval": "1ms", "timeout": "5s", "jitter": 0.0}


class Asked:
    """A probe that answers as it is told, and knows who is being asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.under_way = 0
        self.most = 0
        self.holding = asyncio.Event()
        self.holding.set()
        self.error: Exception | None = None
        self.closed = False

    async def ask(self, endpoint: Endpoint, port: int) -> None:
        assert not self.closed
        self.asked.append((endpoint.id, port))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.holding.wait()
        finally:
            self.under_way -= 1
        if self.error is not None:
            raise self.error

    async def close(self) -> None:
        assert not self.under_way
        self.closed = True


class Results:
    def __init__(self) -> None:
        self.all: list[tuple[str, str]] = []

    def __call__(self, endpoint: Endpoint, failure: ProbeFailed | None) -> bool:
        self.all.append((endpoint.id, failure.cause if failure is not None else "passed"))
        return True


@asynccontextmanager
async def checking(
    probe: Asked, room: Room | None = None, **check: object
) -> AsyncIterator[tuple[ActiveChecks, Results]]:
    runtime, results = DiscoveryRuntime(), Results()
    spec = HealthCheck.model_validate({**FAST, **check})
    checks = ActiveChecks(spec, probe, room or Room(8), runtime, results)
    try:
        yield checks, results
    finally:
        await checks.close()
        await runtime.close()
    assert probe.closed


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_pause_varies_by_the_jitter_and_no_more(jitter: float, draw: float) -> None:
    check = HealthCheck.model_validate({"tcp": {}, "interval": "10s", "fastInterval": "2s", "jitter": jitter})
    for judged, interval_s in ((True, 10.0), (False, 2.0)):
        pause_s = pause_s_of(check, judged=judged, draw=draw)
        assert interval_s * (1 - jitter) - 1e-9 <= pause_s <= interval_s * (1 + jitter) + 1e-9


def test_pauses_of_many_fill_the_jitter_evenly() -> None:
    check = HealthCheck.model_validate({"tcp": {}, "interval": "10s", "jitter": 0.2})
    pauses = [pause_s_of(check, judged=True, draw=number / 100) for number in range(101)]
    assert (pauses[0], pauses[50], pauses[100]) == pytest.approx((8.0, 10.0, 12.0))


def test_first_results_are_not_slower_than_the_others() -> None:
    check = HealthCheck.model_validate({"tcp": {}, "interval": "100ms", "fastInterval": "1s", "jitter": 0.0})
    assert pause_s_of(check, judged=False, draw=0.5) == 0.1


async def test_endpoints_are_asked_again_and_again_until_they_leave() -> None:
    probe = Asked()
    async with checking(probe, port=8081) as (checks, results):
        checks.follow([endpoint(1), endpoint(2)])
        await until(lambda: [results.all.count((name, "passed")) >= 3 for name in ("e1", "e2")] == [True, True])
        assert {port for _, port in probe.asked} == {8081}
        checks.follow([endpoint(2)])
        del probe.asked[:]
        await until(lambda: len(probe.asked) >= 3)
        assert {name for name, _ in probe.asked} == {"e2"}


async def test_endpoint_that_moved_is_asked_at_its_new_place() -> None:
    probe = Asked()
    async with checking(probe) as (checks, _):
        checks.follow([endpoint(1)])
        await until(lambda: ("e1", 9001) in probe.asked)
        checks.follow([Endpoint("e1", "127.0.0.1", 9999)])
        del probe.asked[:]
        await until(lambda: len(probe.asked) >= 2)
        assert {port for _, port in probe.asked} == {9999}


async def test_one_question_to_an_endpoint_at_a_time_and_so_many_in_all() -> None:
    probe, room = Asked(), Room(3)
    probe.holding.clear()
    async with checking(probe, room) as (checks, results):
        checks.follow([endpoint(number) for number in range(10)])
        await until(lambda: room.waits >= 7)
        assert probe.under_way == 3
        probe.holding.set()
        await until(lambda: len({name for name, _ in results.all}) == 10)
        assert probe.most == 3


async def test_what_fails_and_what_takes_too_long_are_results() -> None:
    probe = Asked()
    probe.error = ProbeFailed("status", "status 500")
    async with checking(probe) as (checks, results):
        checks.follow([endpoint(1)])
        await until(lambda: ("e1", "status") in results.all)
        probe.error = ValueError("a defect")
        await until(lambda: ("e1", "protocol") in results.all)
    silent = Asked()
    silent.holding.clear()
    async with checking(silent, timeout="10ms") as (checks, results):
        checks.follow([endpoint(1)])
        await until(lambda: results.all.count(("e1", "timeout")) >= 2)


async def test_timeout_of_a_process_that_was_held_up_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(active, "LATE_S", -1.0)
    silent = Asked()
    silent.holding.clear()
    async with checking(silent, timeout="10ms") as (checks, results):
        checks.follow([endpoint(1)])
        await until(lambda: len(results.all) >= 2)
        assert {cause for _, cause in results.all} == {"local"}


async def test_other_bound_holds_for_those_who_come_then() -> None:
    room = Room(1)
    async with room.enter():
        room.configure(1)
        assert room.enter().locked()
        room.configure(2)
        assert not room.enter().locked()
