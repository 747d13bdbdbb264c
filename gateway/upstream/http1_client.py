"""One HTTP/1.1 connection to an endpoint: bytes to events for whichever exchange holds it, and its life in the pool."""

from __future__ import annotations

import asyncio
import select
from typing import TYPE_CHECKING, Protocol, cast

from gateway.codec.http1 import Event, Http1ClientCodec
from gateway.errors import UpstreamReset, WeirError
from gateway.hot.limits import HeadLimits
from gateway.timers import Timer

if TYPE_CHECKING:
    from gateway.upstream.pool import EndpointPool

HOLD_CLIENT = 1
"""Reading pauses as the client takes the answer more slowly than it comes."""
HOLD_PACE = 2
"""Reading pauses as more of the answer came than the bandwidth of its client."""


class UpstreamUser(Protocol):
    """What holds a connection: an exchange, a mirror, or a tunnel."""

    def upstream_events(self, events: list[Event]) -> None:
        """Parsed parts of the answer, in order, as many as one read gave."""

    def upstream_bytes(self, data: bytes) -> None:
        """Raw bytes, once the connection is in tunnel mode."""

    def upstream_closed_writing(self) -> None:
        """The endpoint half-closed while the connection is in tunnel mode."""

    def upstream_failed(self, error: WeirError) -> None:
        """The connection is gone or unusable; the user must not touch it again."""

    def defect_met(self) -> None:
        """Weir itself failed while it told the user one of these: end, in whatever state that left things."""

    def upstream_writable(self, *, writable: bool) -> None:
        """The send buffer passed its high-water mark (False) or drained again (True)."""


class UpstreamConnection:
    """A connection of one `EndpointPool`, an `asyncio.Protocol` by its methods; `user` is None while it idles.

    `served` counts the answers it has carried: above 0 it is a reused connection, which an endpoint may close just as
    the next request is on its way (RFC 9112 9.3.1).
    """

    transport: asyncio.Transport

    __slots__ = (
        "_descriptor",
        "_holds",
        "_reads_limited",
        "answered",
        "closed",
        "codec",
        "idle_timer",
        "opened_ns",
        "pool",
        "served",
        "transport",
        "tunnelled",
        "user",
    )

    def __init__(self, pool: EndpointPool, limits: HeadLimits, opened_ns: int) -> None:
        self.pool = pool
        self.codec = Http1ClientCodec(limits)
        self.opened_ns = opened_ns
        self.served = 0
        self.user: UpstreamUser | None = None
        self.idle_timer: Timer = pool.wheel.timer(self)
        self.closed = False
        self.answered = False
        self.tunnelled = False
        self._holds = 0
        self._reads_limited = False
        self._descriptor = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=self.pool.settings.buffer_bytes)
        self._descriptor = self.transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        user = self.user
        self.answered = True
        if user is None:
            # Bytes that no request asked for: a confused or hostile endpoint; nothing on it can be trusted again.
            self.pool.evict(self)
            return
        try:
            if self.tunnelled:
                user.upstream_bytes(data)
                return
            try:
                events = self.codec.receive(data)
            except WeirError as error:
                self._fail(error)
                return
            if events:
                user.upstream_events(events)
        except Exception:
            # The loop's handler counts and logs it; it would close this connection and leave the client to wait.
            self._met_defect(user)
            raise

    def eof_received(self) -> bool:
        user = self.user
        if user is None:
            return False
        try:
            if self.tunnelled:
                user.upstream_closed_writing()
                return True
            try:
                events = self.codec.receive_eof()
            except WeirError as error:
                self._fail(error)
                return False
            if events:
                user.upstream_events(events)
            if self.user is user:
                self._fail(UpstreamReset(f"{self.pool.place} closed the connection before the end of its answer"))
        except Exception:
            self._met_defect(user)
            raise
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self.pool.lost(self)
        user = self.user
        if user is not None:
            reason = f": {exc}" if exc is not None else ""
            error = UpstreamReset(f"{self.pool.place} closed the connection before the end of its answer{reason}")
            try:
                self._fail(error)
            except Exception:
                self._met_defect(user)
                raise

    def pause_writing(self) -> None:
        if self.user is not None:
            self.user.upstream_writable(writable=False)

    def resume_writing(self) -> None:
        if self.user is not None:
            self.user.upstream_writable(writable=True)

    def timer_fired(self, timer: Timer) -> None:
        """Nobody wanted it for the idle timeout, or the endpoint took too long to read the rest before a close."""
        if self.closed:
            self.transport.abort()
        elif self.user is None:
            self.pool.evict(self)

    def begin(self, method: bytes) -> None:
        """Get ready for the answer to a request of `method`; `answered` says whether a byte of it came."""
        self.answered = False
        self.codec.expect(method)

    def pause_reading(self, hold: int) -> None:
        """Take no more of the answer until `hold` is let go; reading goes on when none is left."""
        if not self.transport.is_closing():
            if not self._holds:
                self.transport.pause_reading()
            self._holds |= hold

    def resume_reading(self, hold: int) -> None:
        """Let go of `hold`."""
        if self._holds & hold and not self.transport.is_closing():
            self._holds &= ~hold
            if not self._holds:
                self.transport.resume_reading()

    def limit_reads(self, octets: int) -> None:
        """Take so many at once, for whoever has it now; 0 is as many as there are."""
        self._reads_limited = octets > 0
        self.transport.set_read_limit(octets)  # type: ignore[attr-defined]  # the transport is Weir's own

    def read_freely(self) -> None:
        """Whoever had it may have held it for a slow client; the next one would wait for an answer in vain."""
        self.resume_reading(HOLD_CLIENT | HOLD_PACE)
        if self._reads_limited and not self.transport.is_closing():
            self.limit_reads(0)

    def heard_unread(self) -> bool:
        """Whether the endpoint has closed, or sent something, that the loop has not told yet; one system call."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return bool(poll.poll(0))

    def enter_tunnel(self) -> bytes:
        """Hand on raw bytes from now on; returns those that came behind the head that switched."""
        self.tunnelled = True
        return self.codec.trailing_data()

    def abort(self) -> None:
        """Close at once, without a word to the user."""
        self.user = None
        self.closed = True
        self.idle_timer.discard()
        self.transport.abort()

    def _met_defect(self, user: UpstreamUser) -> None:
        self.abort()
        user.defect_met()

    def _fail(self, error: WeirError) -> None:
        user, self.user = self.user, None
        if not self.closed:
            self.closed = True
            self.transport.abort()
        if user is not None:
            user.upstream_failed(error)
