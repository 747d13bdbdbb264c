"""The bundle of time, randomness and task start."""

from __future__ import annotations

import asyncio
import random

from discovery.runtime import Runtime as DiscoveryRuntime
from gateway.runtime import Runtime
from gateway.tasks import Tasks
from tests.support.adjustable_clock import AdjustableClock


async def test_serves_discovery_as_well_as_the_data_path() -> None:
    runtime = Runtime(asyncio.get_running_loop(), Tasks().spawn)
    asked: DiscoveryRuntime = runtime
    ran = asyncio.Event()

    async def work() -> None:
        ran.set()

    await asked.spawn(work(), name="work")
    assert ran.is_set()
    assert runtime.clock.monotonic_ns() <= runtime.clock.monotonic_ns()


async def test_two_processes_do_not_draw_the_same() -> None:
    loop, spawn = asyncio.get_running_loop(), Tasks().spawn
    assert Runtime(loop, spawn).random.getrandbits(64) != Runtime(loop, spawn).random.getrandbits(64)


async def test_a_test_may_seed_it_and_put_the_clock_forward() -> None:
    clock = AdjustableClock()
    runtime = Runtime(asyncio.get_running_loop(), Tasks().spawn, clock=clock, random=random.Random(1))
    before_s = runtime.unix_s()
    clock.ahead_s = 1000.0
    assert 1000.0 <= runtime.unix_s() - before_s < 1500.0
    assert runtime.random.getrandbits(8) == random.Random(1).getrandbits(8)
