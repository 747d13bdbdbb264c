"""Connections of one worker to one endpoint: the freshest idle one first, a bounded number, a bounded queue."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from gateway.errors import ConnectFailed, ConnectTimedOut, Overloaded, UpstreamReset, WeirError
from gateway.hot.ledger import Ledger
from gateway.hot.limits import HeadLimits
from gateway.runtime import Runtime
from gateway.telemetry import metrics
from gateway.timers import Timer, TimerWheel
from gateway.upstream.connect import connect
from gateway.upstream.http1_client import UpstreamConnection
from gateway.upstream.share import BackendShare

_REUSED = metrics.UPSTREAM_CONNECTIONS_REUSED


class ConnectionWaiter(Protocol):
    """Who asked for a connection and is told later."""

    def upstream_ready(self, connection: UpstreamConnection) -> None:
        """It is yours: set `connection.user`, and give it back by `EndpointPool.release`."""

    def connect_failed(self, error: WeirError) -> None:
        """None came about."""


@dataclass(frozen=True)
class PoolSettings:
    """Bounds of each endpoint's pool in each worker; seconds, bytes, counts. 0 turns a time limit off."""

    max_connections: int
    max_pending: int
    max_idle: int
    idle_timeout_s: float
    max_age_s: float
    connect_timeout_s: float
    max_requests: int
    buffer_bytes: int
    write_stall_timeout_s: float
    head_limits: HeadLimits


class IdleRoom:
    """How many connections of all pools together may idle: `taken` do, of `limit`, which changes with the load.

    Each holds a file descriptor, and what the pools of a thousand endpoints may keep would use them up.
    """

    __slots__ = ("limit", "taken")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0


class EndpointPool:
    """All connections of this worker to `address:port`."""

    __slots__ = (
        "_clock",
        "_connecting",
        "_drain_timer",
        "_idle",
        "_in_use",
        "_ledger",
        "_room",
        "_runtime",
        "_share",
        "_waiting",
        "address",
        "place",
        "port",
        "retired",
        "settings",
        "wheel",
    )

    def __init__(
        self,
        runtime: Runtime,
        wheel: TimerWheel,
        ledger: Ledger,
        room: IdleRoom,
        address: str,
        port: int,
        settings: PoolSettings,
        share: BackendShare,
    ) -> None:
        self._share = share
        self._room = room
        self._runtime = runtime
        self._clock = runtime.clock
        self._ledger = ledger
        self.wheel = wheel
        self.address = address
        self.port = port
        self.place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        self.settings = settings
        self._idle: list[UpstreamConnection] = []
        self._in_use: set[UpstreamConnection] = set()
        self._waiting: deque[ConnectionWaiter] = deque()
        self._connecting = 0
        self.retired = False
        # Made for those that leave alone: with one, timer and pool hold each other.
        self._drain_timer: Timer | None = None

    def acquire(
        self, waiter: ConnectionWaiter, *, fresh: bool = False, careful: bool = False
    ) -> UpstreamConnection | None:
        """An idle connection at once, or None: `waiter` is told when one is there or none came about.

        `fresh` insists on a new one, `careful` is as `reuse_checked`. Raises Overloaded when the queue is full.
        """
        connection = None if fresh else self.reuse_checked() if careful else self.reuse()
        if connection is None:
            self.enqueue(waiter)
        return connection

    def reuse(self) -> UpstreamConnection | None:
        """An idle connection, the one that was used last, or None."""
        connection = self._freshest()
        if connection is not None:
            self._in_use.add(connection)
            self._ledger.add(_REUSED)
        return connection

    def reuse_checked(self) -> UpstreamConnection | None:
        """`reuse`, for a request that must not be sent twice: the system is asked whether the endpoint has closed the
        connection, as the loop may not have heard yet."""
        while (connection := self._freshest()) is not None:
            if not connection.heard_unread():
                self._in_use.add(connection)
                self._ledger.add(_REUSED)
                return connection
            self.evict(connection)
        return None

    def enqueue(self, waiter: ConnectionWaiter) -> None:
        """Have `waiter` told when a connection is there or none came about. Raises Overloaded when the queue is full.

        Asked at once by a request that a reused connection has just lost, as it wants a new one.
        """
        if len(self._waiting) >= self.settings.max_pending or self._share.pending >= self._share.max_pending:
            self._ledger.add(metrics.LIMIT_PENDING)
            raise Overloaded(f"{len(self._waiting)} requests wait for a connection to {self.place}: the queue is full")
        self._waiting.append(waiter)
        self._share.pending += 1
        self._open_for_waiters()

    def cancel(self, waiter: ConnectionWaiter) -> None:
        """`waiter` no longer wants one; a connection under way serves the next in the queue or idles."""
        try:
            self._waiting.remove(waiter)
        except ValueError:
            return
        self._share.pending -= 1

    def release(self, connection: UpstreamConnection) -> None:
        """Take back a connection that may carry another request; closed all the same if it is too old, or one of too
        many."""
        settings = self.settings
        if (
            connection.closed
            or self.retired
            or (settings.max_requests and connection.served + 1 >= settings.max_requests)
            or (settings.max_age_s and self._age_s(connection) >= settings.max_age_s)
            or connection.transport.is_closing()
            # The endpoint answered before it read all: what is left must not delay, or pause, the next request.
            or connection.transport.get_write_buffer_size()
        ):
            self.dispose(connection)
            return
        connection.user = None
        connection.served += 1
        if self._waiting:
            self._in_use.discard(connection)
            connection.read_freely()
            self._hand_over(connection)
        elif len(self._idle) < settings.max_idle and self._room.taken < self._room.limit and not self._share.pools:
            self._in_use.discard(connection)
            connection.read_freely()
            self._rest(connection)
        else:
            self.dispose(connection)

    def dispose(self, connection: UpstreamConnection) -> None:
        """Take back a connection that must carry no other request: it is closed."""
        self._in_use.discard(connection)
        self._close(connection)
        if self._waiting:
            self._open_for_waiters()

    def evict(self, connection: UpstreamConnection) -> None:
        """Close an idle connection: its time is up, or the endpoint sent what nobody asked for."""
        self._wake(connection)
        self._ledger.add(metrics.UPSTREAM_CONNECTIONS_EVICTED)
        self._close(connection)

    def lost(self, connection: UpstreamConnection) -> None:
        """The transport is gone; called once for each connection."""
        connection.idle_timer.discard()
        self._ledger.add(metrics.UPSTREAM_CONNECTIONS_ACTIVE, -1)
        self._in_use.discard(connection)
        self._wake(connection)
        self._share.connection_gone()
        if self._waiting:
            self._open_for_waiters()

    def evict_oldest(self) -> bool:
        """Close the connection that has idled longest; whether there was one."""
        if not self._idle:
            return False
        self.evict(self._idle[0])
        return True

    def ask_again(self) -> None:
        """There may be room for a connection to the backend now."""
        if self._waiting:
            self._open_for_waiters()

    def retire(self, drain_s: float = 0.0) -> None:
        """The endpoint leaves: close what idles, and each connection in use when it is given back.

        What still runs or waits `drain_s` seconds from now is ended; 0 leaves it all the time that it takes. Told again
        of one that leaves already, the pool goes by the first time.
        """
        if self.retired:
            return
        self.retired = True
        self.close_idle()
        if drain_s > 0.0 and not self.unused:
            self._drain_timer = self.wheel.timer(self)
            self._drain_timer.set(drain_s)

    def timer_fired(self, timer: Timer) -> None:
        """The time of those that still run on an endpoint that left is over."""
        if timer is not self._drain_timer:
            return
        self._end_drain_timer()
        # One call of the loop for each: a defect that one meets must not leave the others uncut.
        call_soon = self._runtime.loop.call_soon
        for waiter in self._waiting:
            call_soon(self._send_away, waiter)
        for connection in self._in_use:
            call_soon(self._cut, connection)

    def _send_away(self, waiter: ConnectionWaiter) -> None:
        if self.retired and waiter in self._waiting:
            self._waiting.remove(waiter)
            self._ledger.add(metrics.DRAIN_CUT_WAITING)
            waiter.connect_failed(ConnectFailed(f"{self.place} left before a connection to it was there"))

    def _cut(self, connection: UpstreamConnection) -> None:
        if not self.retired or connection not in self._in_use:
            return
        if connection.tunnelled:
            self._ledger.add(metrics.DRAIN_CUT_TUNNEL)
        else:
            self._ledger.add(metrics.DRAIN_CUT_ANSWER if connection.answered else metrics.DRAIN_CUT_UNANSWERED)
        user = connection.user
        # Closed and not aborted, as the endpoint is to get what a tunnel has written.
        self.dispose(connection)
        if user is not None:
            try:
                reason = f"{self.place} left, and drain.timeout of its backend is over"
                user.upstream_failed(UpstreamReset(reason, drained=True))
            except Exception:
                user.defect_met()
                raise

    def _end_drain_timer(self) -> None:
        timer, self._drain_timer = self._drain_timer, None
        if timer is not None:
            timer.discard()

    def close_idle(self) -> None:
        """Close what idles."""
        idle, self._idle = self._idle, []
        self._room.taken -= len(idle)
        for connection in idle:
            self._close(connection)

    def revive(self) -> None:
        """The endpoint is back: nothing is cut."""
        self.retired = False
        self._end_drain_timer()

    def configure(self, settings: PoolSettings) -> None:
        """Its bounds changed."""
        self.settings = settings

    @property
    def unused(self) -> bool:
        """Whether nothing is open, under way or waited for."""
        return not (self._idle or self._in_use or self._waiting or self._connecting)

    def describe(self) -> dict[str, int]:
        """Numbers for the API."""
        return {
            "idle": len(self._idle),
            "inUse": len(self._in_use),
            "connecting": self._connecting,
            "waiting": len(self._waiting),
        }

    def _freshest(self) -> UpstreamConnection | None:
        while self._idle:
            connection = self._idle.pop()
            self._room.taken -= 1
            if not (connection.closed or connection.transport.is_closing()):
                connection.idle_timer.unset()
                return connection
        return None

    def _age_s(self, connection: UpstreamConnection) -> float:
        return (self._clock.monotonic_ns() - connection.opened_ns) / 1e9

    def _rest(self, connection: UpstreamConnection) -> None:
        """Let it idle, for as long as its age allows too."""
        settings = self.settings
        idle_s = settings.idle_timeout_s
        if settings.max_age_s:
            left_s = settings.max_age_s - self._age_s(connection)
            idle_s = min(idle_s, left_s) if idle_s else left_s
        connection.idle_timer.set(idle_s)
        self._idle.append(connection)
        self._room.taken += 1

    def _wake(self, connection: UpstreamConnection) -> None:
        """It no longer idles, if it did."""
        if connection in self._idle:
            self._idle.remove(connection)
            self._room.taken -= 1

    def _close(self, connection: UpstreamConnection) -> None:
        connection.user = None
        # The timer of one that is closed already bounds its last write.
        if not connection.closed:
            connection.idle_timer.unset()
            connection.closed = True
            if connection.transport.get_write_buffer_size():
                # `close` sends what is left first, which an endpoint that does not read would put off for ever.
                connection.idle_timer.set(self.settings.write_stall_timeout_s)
            connection.transport.close()

    def _hand_over(self, connection: UpstreamConnection) -> None:
        self._in_use.add(connection)
        self._next_waiter().upstream_ready(connection)

    def _next_waiter(self) -> ConnectionWaiter:
        self._share.pending -= 1
        return self._waiting.popleft()

    def _open_for_waiters(self) -> None:
        room = self.settings.max_connections - len(self._in_use) - len(self._idle) - self._connecting
        wanted = min(len(self._waiting) - self._connecting, room)
        share = self._share
        for _ in range(wanted):
            if share.connections >= share.max_connections:
                self._ledger.add(metrics.LIMIT_CONNECTIONS)
                share.wait(self)
                return
            share.connections += 1
            self._connecting += 1
            self._runtime.spawn(self._open(), name=f"connect {self.place}")

    async def _open(self) -> None:
        try:
            connection = await connect(
                self._runtime.poller, self._new_connection, self.address, self.port, self.settings.connect_timeout_s
            )
        except WeirError as error:
            self._connecting -= 1
            self._share.connection_gone()
            self._ledger.add(metrics.UPSTREAM_CONNECTIONS_FAILED)
            if isinstance(error, ConnectTimedOut):
                self._ledger.add(metrics.TIMEOUT_CONNECT)
            if self._waiting:
                self._next_waiter().connect_failed(error)
            if self._waiting:
                self._open_for_waiters()
            return
        except BaseException:
            self._connecting -= 1
            self._share.connection_gone()
            raise
        self._connecting -= 1
        self._ledger.add(metrics.UPSTREAM_CONNECTIONS_OPENED)
        self._ledger.add(metrics.UPSTREAM_CONNECTIONS_ACTIVE)
        if connection.closed or connection.transport.is_closing():
            # Accepted and closed at once: nothing was sent, so it is as good as not accepted.
            if self._waiting:
                self._next_waiter().connect_failed(ConnectFailed(f"{self.place} closed the connection at once"))
            if self._waiting:
                self._open_for_waiters()
        elif self._waiting:
            self._hand_over(connection)
        elif self.retired or len(self._idle) >= self.settings.max_idle or self._room.taken >= self._room.limit:
            self._close(connection)
        else:
            self._rest(connection)

    def _new_connection(self) -> UpstreamConnection:
        return UpstreamConnection(self, self.settings.head_limits, self._clock.monotonic_ns())
