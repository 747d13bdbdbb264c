"""The bundle of time, randomness and task start."""

from __future__ import annotations

import asyncio
import random

from discovery.runtime import Runtime as DiscoveryRuntime
from gateway.runtime import Runtime
from gateway.tasks import Tasks


async def test_serves_discovery_as_well_as_the_data_path() -> None:
    runtime = Runtime(asyncio.get_running_loop(), Tasks().spawn)
    asked: DiscoveryRuntime = runtime
    ran = asyncio.Event()

    async def work() -> None:
        ran.set()

    await asked.spawn(work(), name="work")
    assert ran.is_set()
    assert runtime.monotonic_ns() <= runtime.monotonic_ns()


async def test_two_processes_do_not_draw_the_same() -> None:
    loop, spawn = asyncio.get_running_loop(), Tasks().spawn
    assert Runtime(loop, spawn).random.getrandbits(64) != Runtime(loop, spawn).random.getrandbits(64)


async def test_a_test_may_seed_it_and_hold_the_clock() -> None:
    runtime = Runtime(
        asyncio.get_running_loop(), Tasks().spawn, monotonic_ns=lambda: 5, unix_s=lambda: 7.0, random=random.Random(1)
    )
    assert (runtime.monotonic_ns(), runtime.unix_s()) == (5, 7.0)
    assert runtime.random.getrandbits(8) == random.Random(1).getrandbits(8)
