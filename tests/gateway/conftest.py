"""The data path is tested on the event loop that it runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from gateway.transport.poller import Poller


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop, as in a worker."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def poller() -> AsyncIterator[Poller]:
    """One in the test's loop, in which nothing is left when it closes."""
    made = Poller(asyncio.get_running_loop())
    yield made
    made.close()
    await asyncio.sleep(0)
    assert made.count == 0
