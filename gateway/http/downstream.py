"""One client connection that speaks HTTP/1: bytes to events to exchanges, one at a time, and every limit on it.

Pipelined requests wait in the codec, unparsed, until the one before is answered: order is kept for free, and what
waits is bounded by bytes (`limits.bufferBytesPerConnection`) and by number (`limits.pipelinedRequests`, counted by
their blank lines), past which reading pauses. While a client takes no answers, no further request of it begins.
"""

from __future__ import annotations

import asyncio
from enum import IntEnum
from typing import TYPE_CHECKING, cast

from gateway.codec.http1 import EndOfMessage, Event, Http1ServerCodec
from gateway.errors import DrainedAway, LimitExceeded, ProtocolError, WeirError
from gateway.hot.head import RequestHead
from gateway.http.exchange import Exchange
from gateway.http.phases import DISCARD_BYTES, Request, Response
from gateway.http.reply import error_reply
from gateway.telemetry import metrics
from gateway.timers import Timer

if TYPE_CHECKING:
    from gateway.http.forwarding import Peer
    from gateway.http.service import DataPath
    from gateway.http.upgrade import Tunnel
    from gateway.listeners.tcp import TcpListener
    from policies.bandwidth.gate import OwnGate

LINGER_S = 2.0
"""How long a client's bytes are read after the last answer, so that no reset destroys it in flight (RFC 9112 9.6)."""
TURNS = 32
"""Waiting requests that are taken in a row before other connections get their turn."""
HOLD_PIPELINE = 1
"""Reading pauses as too much waits behind the request under way, or as the client takes no answers."""
HOLD_BODY = 2
"""Reading pauses as the endpoint takes the body more slowly than the client sends it, or is not there yet."""
HOLD_PACE = 4
"""Reading pauses as the client has sent more than its bandwidth."""
BLANK_LINE = b"\r\n\r\n"


class State(IntEnum):
    """What the connection is about."""

    IDLE = 0  # no byte of the next request
    HEAD = 1  # some bytes of it
    EXCHANGE = 2
    LINGERING = 3
    CLOSED = 4


_IDLE, _HEAD, _EXCHANGE, _LINGERING, _CLOSED = State


class Downstream:
    """A client's connection on one listening port: an `asyncio.Protocol` by its methods."""

    peer: Peer
    transport: asyncio.Transport

    __slots__ = (
        "_buffered_counted",
        "_holds",
        "_pump_due",
        "_pumping",
        "_unsent_bytes",
        "_unsent_counted",
        "_waiting",
        "codec",
        "counts_for_source",
        "deadline_timer",
        "eof",
        "exchange",
        "gates",
        "idle_timer",
        "lingered_bytes",
        "listener",
        "local_port",
        "peer",
        "phase_timer",
        "scheme",
        "served",
        "service",
        "state",
        "transport",
        "tunnel",
        "write_paused",
    )

    def __init__(self, service: DataPath, listener: TcpListener) -> None:
        self.service = service
        self.listener = listener
        self.scheme = b"http"
        self.local_port = 0
        self.codec = Http1ServerCodec(service.settings.head_limits)
        self.state: int = _IDLE
        self.exchange: Exchange | None = None
        self.tunnel: Tunnel | None = None
        self.served = 0
        self.counts_for_source = False
        self.eof = False
        self.lingered_bytes = 0
        self.phase_timer = service.wheel.timer(self)
        self.deadline_timer = service.wheel.timer(self)
        self.idle_timer = service.wheel.timer(self)
        self.write_paused = False
        self.gates: tuple[OwnGate, OwnGate] | None = None
        """Of answers and of bodies, where a policy bounds its bandwidth."""
        self._holds = 0
        self._pumping = False
        # The next message is not begun yet though the one before has ended: `_pump` is called again for it.
        self._pump_due = False
        self._waiting = 0
        self._unsent_bytes = 0
        self._buffered_counted = 0
        self._unsent_counted = 0

    # --- asyncio.Protocol ----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        settings = self.service.settings
        self.transport.set_write_buffer_limits(high=settings.buffer_bytes_per_connection)
        if not self.listener.opened(self):
            return
        self.phase_timer.set(settings.head_timeout_s)

    def data_received(self, data: bytes) -> None:
        state = self.state
        if self.tunnel is not None:
            self.tunnel.client_bytes(data)
            return
        if state == _LINGERING:
            self.lingered_bytes += len(data)
            if self.lingered_bytes > DISCARD_BYTES:
                self._close()
            return
        if state == _CLOSED:
            return
        if self._pump_due:
            self.codec.receive(data)
            self._bound_waiting(data)
            return
        if state == _IDLE:
            self.state = _HEAD
            if self.served:
                self.phase_timer.set(self.service.settings.head_timeout_s)
        try:
            events = self.codec.receive(data)
        except WeirError as error:
            self._refuse(error)
            return
        if events:
            pumping, self._pumping = self._pumping, True
            self._dispatch(events)
            self._pumping = pumping
            if self.exchange is None and not pumping:
                self._pump()
        if self.state != _HEAD and self.codec.buffered:
            self._bound_waiting(data)
        else:
            self._waiting = 0

    def eof_received(self) -> bool:
        self.eof = True
        if self.tunnel is not None:
            self.tunnel.client_closed_writing()
            return True
        exchange = self.exchange
        if exchange is None or self.state != _EXCHANGE:
            if self._pump_due and self.codec.buffered:
                return True
            self._close()
            return False
        if exchange.request != Request.COMPLETE:
            # The body ends before its length: nothing that comes back could be trusted to answer it.
            exchange.client_gone()
            return False
        # A half-close (RFC 9112 9.6 does not forbid it): the client asked all it wanted and still reads.
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.state = _CLOSED
        self.phase_timer.discard()
        self.listener.closed(self)
        self._count_buffered(0)
        if self.exchange is not None:
            self.exchange.client_gone()
        self.deadline_timer.discard()
        self.idle_timer.discard()

    def pause_writing(self) -> None:
        self.write_paused = True
        self._unsent_bytes = self.transport.get_write_buffer_size()
        self._count_buffered(self._unsent_bytes)
        self.phase_timer.set(self.service.settings.write_stall_timeout_s)
        if self.exchange is not None:
            self.exchange.client_writable(writable=False)

    def resume_writing(self) -> None:
        self.write_paused = False
        self._count_buffered(0)
        self._set_phase_timer()
        if self.exchange is not None:
            self.exchange.client_writable(writable=True)
        elif self._pump_due:
            self._pump_again()

    # --- for the exchange ----------------------------------------------------------------------------------------

    @property
    def may_persist(self) -> bool:
        """Whether another request may follow on this connection, or waits already behind a half-close."""
        return not self.listener.draining and (not self.eof or self.codec.buffered > 0)

    def write(self, data: bytes) -> None:
        """Send to the client; nothing once the connection is closing."""
        if self.state != _CLOSED and not self.transport.is_closing():
            self.transport.write(data)
            if self.write_paused:
                self._unsent_bytes = self.transport.get_write_buffer_size()

    @property
    def stalls(self) -> bool:
        """Whether the client, or the endpoint, has to take bytes before more of them move."""
        return self.write_paused or bool(self._holds & HOLD_BODY)

    def pause_reading(self, hold: int) -> None:
        """Take no more of the client's bytes until `hold` is let go; reading goes on when none of them is left."""
        if not self._holds and self.state != _CLOSED and not self.transport.is_closing():
            self.transport.pause_reading()
        self._holds |= hold

    def resume_reading(self, hold: int) -> None:
        """Let go of `hold`."""
        if self._holds == hold and self.state != _CLOSED and not self.transport.is_closing():
            self.transport.resume_reading()
        self._holds &= ~hold

    def hold_body(self) -> None:
        """The endpoint takes no more for now: `timeouts.writeStall` watches it in the place of `timeouts.bodyIdle`."""
        self.pause_reading(HOLD_BODY)
        self._set_phase_timer()

    def release_body(self) -> None:
        """It takes bytes again."""
        if self._holds & HOLD_BODY:
            self.resume_reading(HOLD_BODY)
            self._set_phase_timer()

    def hold_reading(self) -> None:
        """The client has sent enough for now: that nothing comes meanwhile is not held against it."""
        self.pause_reading(HOLD_PACE)
        self._set_phase_timer()

    def release_reading(self) -> None:
        """It may send again."""
        self.resume_reading(HOLD_PACE)
        self._set_phase_timer()

    def limit_reads(self, octets: int) -> None:
        """Take so many of its octets at once; 0 is as many as there are."""
        if not self.transport.is_closing():
            self.transport.set_read_limit(octets)  # type: ignore[attr-defined]  # the transport is Weir's own

    def count_unsent(self, unsent_bytes: int) -> None:
        """So much waits for the endpoint of this connection: it counts for `limits.bufferBytes`."""
        self.service.buffered_bytes += unsent_bytes - self._unsent_counted
        self._unsent_counted = unsent_bytes

    def body_received(self) -> None:
        """A part of a request body came: its idle time starts anew."""
        if not self.write_paused and not self._holds & HOLD_BODY:
            self.phase_timer.set(self.service.settings.body_idle_timeout_s)

    def request_complete(self) -> None:
        """No more body to wait for."""
        if not self.write_paused and not self._holds & HOLD_BODY:
            self.phase_timer.unset()

    def enter_tunnel(self, tunnel: Tunnel) -> None:
        """Raw bytes from now on; what the client sent behind its head goes first."""
        self.tunnel = tunnel
        self.phase_timer.unset()
        early = self.codec.trailing_data()
        if early:
            tunnel.client_bytes(early)
        if self.eof:
            tunnel.client_closed_writing()
        else:
            self.resume_reading(HOLD_PIPELINE)

    def cut(self, *, ambiguous: bool) -> None:
        """End in the middle of an answer. `ambiguous`: only a reset tells the client that the body is not whole."""
        if ambiguous:
            self.transport.abort()
        else:
            self.transport.close()

    def exchange_finished(self, exchange: Exchange) -> None:
        """The exchange is over; called once for each."""
        self.deadline_timer.unset()
        self.idle_timer.unset()
        self.exchange = None
        self.tunnel = None
        self.served += 1
        self.count_unsent(0)
        self.service.record(exchange)
        if self.state == _CLOSED:
            return
        if not exchange.keep_alive or not self.may_persist:
            if exchange.response != Response.COMPLETE or self.transport.is_closing() or self._said_all(exchange):
                self._close()
            else:
                self._linger()
            return
        self.state = _IDLE
        self.resume_reading(HOLD_BODY)
        self._set_phase_timer()
        if not self._pumping:
            self._pump()

    # --- closing -------------------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Close now if idle; else the answer under way says that it is the last."""
        if self.state == _IDLE and not self._pump_due:
            self._close()

    def abort(self) -> None:
        """Close at once."""
        self.transport.abort()

    def cut_down(self) -> None:
        """Close at once, as the time of a drain is over: what is cut is Weir's doing, and the log says so."""
        if self.exchange is not None and self.exchange.error is None:
            self.exchange.error = DrainedAway("cut at the end of the drain")
        self.transport.abort()

    def turn_away(self, message: bytes) -> None:
        """Answer `message` to whatever comes, and close: the connection is over a limit."""
        self.write(message)
        self._linger()

    def timer_fired(self, timer: Timer) -> None:
        """One of the three timers of this connection."""
        exchange = self.exchange
        try:
            if timer is self.phase_timer:
                self._phase_timed_out()
            elif exchange is None:
                return
            elif timer is self.deadline_timer:
                exchange.deadline_passed()
            else:
                exchange.idle_passed()
        except Exception:
            # The loop's handler counts and logs it; nothing else would ever end this connection.
            self.abort()
            raise

    def _phase_timed_out(self) -> None:
        ledger = self.service.ledger
        if self.write_paused or (self.state == _LINGERING or self.state == _CLOSED):
            self._write_timed_out()
        elif self.state == _IDLE:
            ledger.add(metrics.TIMEOUT_KEEP_ALIVE if self.served else metrics.TIMEOUT_HEAD)
            self._close()
        elif self.state == _HEAD:
            ledger.add(metrics.TIMEOUT_HEAD)
            self._refuse(LimitExceeded("the request head did not come within timeouts.head", 408, "timeouts.head"))
        elif self.state == _EXCHANGE and self.exchange is not None:
            if self._holds & HOLD_BODY:
                # It is Weir that holds the client back.
                if self.exchange.send_stalled():
                    self._set_phase_timer()
                return
            ledger.add(metrics.TIMEOUT_BODY_IDLE)
            self._refuse(LimitExceeded("no byte of the body came within timeouts.bodyIdle", 408, "timeouts.bodyIdle"))

    def _write_timed_out(self) -> None:
        """The client took nothing of what waits for it, or only some: then it gets the same time again."""
        unsent = self.transport.get_write_buffer_size()
        if unsent >= self._unsent_bytes > 0:
            self.service.ledger.add(metrics.TIMEOUT_WRITE_STALL)
            self.abort()
        elif unsent:
            self._unsent_bytes = unsent
            self.phase_timer.set(self.service.settings.write_stall_timeout_s)
        elif self._unsent_bytes and self.state == _LINGERING:
            self._unsent_bytes = 0
            self.phase_timer.set(LINGER_S)
        else:
            self.abort()

    # --- events --------------------------------------------------------------------------------------------------

    def _dispatch(self, events: list[Event]) -> None:
        for event in events:
            exchange = self.exchange
            if isinstance(event, RequestHead):
                self._begin(event)
            elif exchange is None:
                return
            elif isinstance(event, EndOfMessage):
                exchange.request_ended(event)
            elif isinstance(event, bytes):
                exchange.request_body(event)

    def _begin(self, head: RequestHead) -> None:
        self.state = _EXCHANGE
        self._waiting -= 1
        if self.write_paused:
            pass
        elif head.has_body:
            self.phase_timer.set(self.service.settings.body_idle_timeout_s)
        else:
            self.phase_timer.unset()
        exchange = Exchange.__new__(Exchange)
        exchange.begin(self, head, self.service.now_ns())
        self.exchange = exchange
        exchange.start()

    def _pump(self) -> None:
        """Go on with requests that wait in the codec, a bounded number before other connections get their turn."""
        if self._pumping:
            return
        self._pumping = True
        self._pump_due = False
        turns = TURNS
        try:
            while self.exchange is None and self.state == _IDLE:
                if self.write_paused:
                    # Answers that nobody takes would pile up, one for each request that waits.
                    self._pump_due = True
                    self.pause_reading(HOLD_PIPELINE)
                    return
                if turns == 0 and self.codec.buffered:
                    self._pump_due = True
                    self.service.runtime.loop.call_soon(self._pump_again)
                    return
                turns -= 1
                try:
                    events = self.codec.next_message()
                except WeirError as error:
                    self._refuse(error)
                    return
                if not events:
                    if self.eof:
                        self._close()
                    elif self.codec.buffered:
                        self.state = _HEAD
                        self.phase_timer.set(self.service.settings.head_timeout_s)
                    break
                self._dispatch(events)
        finally:
            self._pumping = False
        if self._holds & HOLD_PIPELINE and self._has_room():
            self.resume_reading(HOLD_PIPELINE)

    def _pump_again(self) -> None:
        try:
            self._pump()
        except Exception:
            self.abort()
            raise

    def _bound_waiting(self, data: bytes) -> None:
        """`data` came, and something waits behind the request under way: pause reading where it is too much."""
        self._waiting += data.count(BLANK_LINE)
        if not self._has_room() and not self._holds & HOLD_PIPELINE:
            over_bytes = self.codec.buffered > self.service.settings.buffer_bytes_per_connection
            self.service.ledger.add(metrics.LIMIT_PIPELINE if over_bytes else metrics.LIMIT_PIPELINED)
            self.pause_reading(HOLD_PIPELINE)

    def _has_room(self) -> bool:
        settings, buffered = self.service.settings, self.codec.buffered
        if not buffered or self.state == _HEAD:
            self._waiting = 0
            return True
        return buffered <= settings.buffer_bytes_per_connection and self._waiting <= settings.pipelined_requests

    def _refuse(self, error: WeirError) -> None:
        service = self.service
        if isinstance(error, LimitExceeded):
            slot = _LIMIT_SLOTS.get(error.status)
            if slot is not None:
                service.ledger.add(slot)
        elif isinstance(error, ProtocolError):
            service.ledger.add(metrics.PROTOCOL_ERRORS)
        exchange = self.exchange
        if exchange is not None:
            exchange.keep_alive = False
            exchange.fail(error)
            return
        service.record_refusal(self, error)
        self.write(
            error_reply(
                error,
                server=service.settings.server,
                date=service.date_line(),
                request_id=b"",
                close=True,
                bodiless=False,
            )
        )
        self._linger()

    def _said_all(self, exchange: Exchange) -> bool:
        """Whether the client sends nothing after this exchange, as it said itself, so that no close cuts an answer off.

        RFC 9112 9.6: a client that sent "close" must not send further requests on the connection.
        """
        return not exchange.head.keep_alive and exchange.request == Request.COMPLETE and not self.codec.buffered

    def _linger(self) -> None:
        if self.state == _CLOSED or self.transport.is_closing():
            return
        self.state = _LINGERING
        if self.eof:
            self._close()
            return
        # The FIN goes out behind the last answer; a bodiless client closes next and `eof_received` ends it.
        if self._holds:
            self._holds = 0
            self.transport.resume_reading()
        self._unsent_bytes = self.transport.get_write_buffer_size()
        self.transport.write_eof()
        self._set_phase_timer()

    def _close(self) -> None:
        if self.state != _CLOSED:
            self.state = _CLOSED
            # `close` sends what is left first, which a client that does not read would put off for ever.
            self._unsent_bytes = self.transport.get_write_buffer_size()
            self._set_phase_timer()
            self.transport.close()

    def _set_phase_timer(self) -> None:
        settings = self.service.settings
        if self.write_paused or (self._unsent_bytes and (self.state == _LINGERING or self.state == _CLOSED)):
            self.phase_timer.set(settings.write_stall_timeout_s)
        elif self.state == _IDLE:
            self.phase_timer.set(settings.keep_alive_timeout_s)
        elif self.state == _LINGERING:
            self.phase_timer.set(LINGER_S)
        elif self._holds & HOLD_BODY:
            self.phase_timer.set(settings.write_stall_timeout_s)
        elif self._holds & HOLD_PACE:
            self.phase_timer.unset()
        elif self.exchange is not None and self.exchange.request == Request.STREAMING:
            self.phase_timer.set(settings.body_idle_timeout_s)
        else:
            self.phase_timer.unset()

    def _count_buffered(self, buffered_bytes: int) -> None:
        self.service.buffered_bytes += buffered_bytes - self._buffered_counted
        self._buffered_counted = buffered_bytes


_LIMIT_SLOTS = {431: metrics.LIMIT_HEADER, 414: metrics.LIMIT_URI}
