"""What goes over the wire does so on the event loop of a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop, as in a worker."""
    return {"uvloop": uvloop.new_event_loop}
