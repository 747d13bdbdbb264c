"""A pool of connections to a scripted endpoint, and someone who waits for them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import cast

from gateway.codec.http1 import EndOfMessage, Event
from gateway.errors import WeirError
from gateway.hot.head import ResponseHead
from gateway.hot.ledger import Ledger
from gateway.hot.limits import HeadLimits
from gateway.runtime import Runtime
from gateway.timers import TimerWheel
from gateway.upstream.http1_client import UpstreamConnection
from gateway.upstream.pool import EndpointPool, IdleRoom, PoolSettings
from gateway.upstream.share import BackendShare
from tests.support.adjustable_clock import AdjustableClock

DEFAULTS: Mapping[str, object] = {
    "max_connections": 100,
    "max_pending": 100,
    "max_idle": 10,
    "idle_timeout_s": 60.0,
    "max_age_s": 0.0,
    "connect_timeout_s": 5.0,
    "max_requests": 0,
    "buffer_bytes": 65536,
    "write_stall_timeout_s": 60.0,
    "head_limits": HeadLimits(),
}


def pool_settings(**changes: object) -> PoolSettings:
    return PoolSettings(**{**DEFAULTS, **changes})  # type: ignore[arg-type]


class Pools:
    """Makes pools that share a ledger and a clock that can be put forward by hand."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.ledger = Ledger.private()
        self.room = IdleRoom(1000)
        self.share = BackendShare()
        self.clock = AdjustableClock()
        self.tasks: list[asyncio.Task[object]] = []
        self.runtime = Runtime(loop, self._spawn, clock=self.clock, random=random.Random(7))
        self.wheel = TimerWheel(loop.call_later, lambda: self.clock.monotonic_ns() / 1e9)

    def _spawn(self, work: object, *, name: str) -> asyncio.Task[object]:
        task = asyncio.get_running_loop().create_task(
            cast("asyncio.coroutines.Coroutine[object, object, object]", work), name=name
        )
        self.tasks.append(task)
        return task

    def pool(self, port: int, *, address: str = "127.0.0.1", **changes: object) -> EndpointPool:
        settings = pool_settings(**changes)
        return EndpointPool(self.runtime, self.wheel, self.ledger, self.room, address, port, settings, self.share)


class Waiter:
    """Asks a pool for a connection and collects what comes over it."""

    def __init__(self, pool: EndpointPool) -> None:
        self.pool = pool
        self.connection: UpstreamConnection | None = None
        self.error: WeirError | None = None
        self.events: list[Event] = []
        self.writable = True
        self._news = asyncio.Event()

    # --- ConnectionWaiter ---

    def upstream_ready(self, connection: UpstreamConnection) -> None:
        self.connection = connection
        connection.user = self
        self._news.set()

    def connect_failed(self, error: WeirError) -> None:
        self.error = error
        self._news.set()

    # --- UpstreamUser ---

    def upstream_events(self, events: list[Event]) -> None:
        self.events += events
        self._news.set()

    def upstream_bytes(self, data: bytes) -> None:
        self.events.append(data)
        self._news.set()

    def upstream_closed_writing(self) -> None:
        self.upstream_bytes(b"")

    def upstream_failed(self, error: WeirError) -> None:
        self.connection = None
        self.error = error
        self._news.set()

    def upstream_writable(self, *, writable: bool) -> None:
        self.writable = writable
        self._news.set()

    def defect_met(self) -> None:
        raise AssertionError("a defect in a test")

    # --- for tests ---

    async def acquire(self, *, fresh: bool = False, careful: bool = False) -> UpstreamConnection:
        """A connection. Raises the error that the pool gives instead."""
        connection = self.pool.acquire(self, fresh=fresh, careful=careful)
        if connection is not None:
            self.upstream_ready(connection)
            return connection
        await self.until(lambda: self.connection is not None or self.error is not None)
        if self.error is not None:
            raise self.error
        assert self.connection is not None
        return self.connection

    async def until(self, holds: object) -> None:
        """Wait for news until `holds()`. Raises TimeoutError."""
        assert callable(holds)
        async with asyncio.timeout(10):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def ask(self, request: bytes = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") -> int:
        """Send a request over the acquired connection; the status of the whole answer. Raises what it failed with."""
        connection = self.connection
        assert connection is not None
        connection.begin(request.split(b" ", 1)[0])
        connection.transport.write(request)
        await self.until(lambda: self.error is not None or any(isinstance(e, EndOfMessage) for e in self.events))
        if self.error is not None:
            raise self.error
        return next(event.status for event in self.events if isinstance(event, ResponseHead))

    def give_back(self, *, reusable: bool = True) -> None:
        connection, self.connection = self.connection, None
        assert connection is not None
        if reusable:
            self.pool.release(connection)
        else:
            self.pool.dispose(connection)
