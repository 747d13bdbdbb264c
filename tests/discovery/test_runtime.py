"""What discovery is handed by the gateway fits."""

from __future__ import annotations

import asyncio

from discovery.runtime import Runtime
from tests.support.endpoints import DiscoveryRuntime


async def test_runtime_of_the_tests_is_one() -> None:
    runtime: Runtime = DiscoveryRuntime()
    task = runtime.spawn(asyncio.sleep(0, "done"), name="test")
    assert await task == "done"
    assert runtime.unix_s() > 0
