"""What tests of keys and passwords share: a runtime with a clock that can be put forward, and a count of events."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from gateway.access.events import AccessEvent
from gateway.runtime import Runtime
from gateway.tasks import Tasks
from tests.support.adjustable_clock import AdjustableClock


@pytest.fixture
def clock() -> AdjustableClock:
    return AdjustableClock()


@pytest.fixture
def events() -> Counter[AccessEvent]:
    return Counter()


@pytest.fixture
async def runtime(clock: AdjustableClock) -> AsyncIterator[Runtime]:
    failures: list[None] = []
    tasks = Tasks(lambda: failures.append(None))
    runtime = Runtime(asyncio.get_running_loop(), tasks.spawn, clock=clock, random=random.Random(7))
    yield runtime
    await tasks.cancel_all()
    runtime.poller.close()
    await asyncio.sleep(0)
    assert not failures
