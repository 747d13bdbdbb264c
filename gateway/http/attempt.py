"""One try of a request at one endpoint: the connection, what is sent over it, and its answer on the way to the client.

It says nothing of what comes after a failure: `gateway.http.tries` does. What one read from the endpoint gave the
client goes out in one write, as uvloop makes each `transport.write` a system call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.codec.http1 import END, EndOfMessage, Event, chunk_parts, encode_last_chunk
from gateway.errors import (
    ConnectTimedOut,
    NoEndpoint,
    Origin,
    Retry,
    UpstreamProtocolError,
    UpstreamTimedOut,
    WeirError,
)
from gateway.hot.head import ResponseHead
from gateway.http.phases import Request, Response
from gateway.http.response_head import ResponseFraming, render_interim, render_response, switches_protocol
from gateway.telemetry import metrics
from gateway.upstream.http1_client import HOLD_CLIENT
from policies.reshaping import body_change

if TYPE_CHECKING:
    from discovery.lease import Lease
    from gateway.http.exchange import Exchange
    from gateway.http.spooled_body import SpooledBody
    from gateway.upstream.http1_client import UpstreamConnection
    from gateway.upstream.pool import EndpointPool
    from policies.reshaping import BodyChange

MAX_INTERIM_ANSWERS = 64
"""1xx answers to one request: an endpoint that sends them for ever would keep an exchange for ever."""


_COMPLETE_REQUEST = int(Request.COMPLETE)
_CONNECTING, _AWAITED, _STREAMING, _TUNNELLED, _COMPLETE = Response


class Attempt:
    """The use of one endpoint, from its lease to the end of its answer; made by `Tries` for each try."""

    __slots__ = (
        "_gathered",
        "_interims",
        "_unsent_bytes",
        "change",
        "exchange",
        "framing",
        "full",
        "lease",
        "pool",
        "probe",
        "reused",
        "slow",
        "status",
        "upstream",
    )

    def begin(self, exchange: Exchange, lease: Lease, pool: EndpointPool) -> None:
        """In the place of a constructor, which costs the compiled form three times as much to call."""
        self.exchange = exchange
        self.lease: Lease | None = lease
        self.pool: EndpointPool | None = pool
        self.upstream: UpstreamConnection | None = None
        self.reused = False
        """Whether the connection had carried another request before."""
        self.full = False
        """Whether the endpoint takes bytes more slowly than they come."""
        self.probe = 0
        """Above 0 where a breaker that is half open lets it pass: the epoch of that."""
        self.status = 0
        """Of the answer, once its head is there."""
        self.slow = False
        """Whether the breaker of the backend counts the answer as too late."""
        self.framing: ResponseFraming | None = None
        self.change: BodyChange | None = None
        """What a policy makes of the body of the answer."""
        self._gathered: list[bytes] = []
        self._interims = 0
        self._unsent_bytes = 0

    # --- to the endpoint -----------------------------------------------------------------------------------------

    def await_connection(self) -> None:
        """Be told when a connection is there. Raises Overloaded where too many wait already."""
        pool = self.pool
        assert pool is not None
        pool.enqueue(self)
        self.exchange.downstream.idle_timer.set(pool.settings.connect_timeout_s)

    def upstream_ready(self, connection: UpstreamConnection) -> None:
        """A connection is there: all that waited goes out in one write."""
        exchange = self.exchange
        downstream = exchange.downstream
        self.upstream = connection
        connection.user = self
        connection.begin(exchange.head.method)
        exchange.response = _AWAITED
        self.reused = connection.served > 0
        exchange.sent_ns = downstream.service.now_ns()
        downstream.idle_timer.set(downstream.service.settings.stream_idle_timeout_s)
        if downstream.write_paused:
            connection.pause_reading(HOLD_CLIENT)
        if exchange.pace is not None:
            exchange.pace.connected()
        # Before the write: it may fill the buffer, and then it is the endpoint that holds the client back.
        downstream.release_body()
        assert exchange.tries is not None
        outgoing = exchange.tries.outgoing(self)
        self.full = False
        spool = exchange.spool
        if spool is not None:
            # Each connection gets the body from its start; the head goes with the first piece.
            spool.rewind()
            outgoing = [*outgoing, spool.next_piece()]
        if len(outgoing) == 1:
            connection.transport.write(outgoing[0])
        else:
            connection.transport.writelines(outgoing)
        if spool is not None:
            self.send_spooled(spool)

    def give_up_waiting(self) -> None:
        """No connection was there in time."""
        if self.pool is not None:
            self.pool.cancel(self)
        self.connect_failed(ConnectTimedOut(f"no connection to {self.exchange.place} in time"))

    def connect_failed(self, error: WeirError) -> None:
        """None came about, so nothing was sent."""
        self.pool = None
        assert self.exchange.tries is not None
        self.exchange.tries.connect_failed(self, error)

    def send(self, data: bytes) -> None:
        """A further part of the request."""
        upstream = self.upstream
        if upstream is not None:
            downstream = self.exchange.downstream
            downstream.idle_timer.set(downstream.service.settings.stream_idle_timeout_s)
            upstream.transport.write(data)

    def send_spooled(self, spool: SpooledBody) -> None:
        """As much of a body that was taken whole as the endpoint takes for now."""
        upstream, downstream = self.upstream, self.exchange.downstream
        while upstream is not None and upstream is self.upstream and not self.full and not spool.exhausted:
            downstream.idle_timer.set(downstream.service.settings.stream_idle_timeout_s)
            upstream.transport.write(spool.next_piece())

    def upstream_writable(self, *, writable: bool) -> None:
        """The endpoint takes bytes more slowly (or fast again) than the client sends them."""
        exchange, upstream = self.exchange, self.upstream
        downstream = exchange.downstream
        self.full = not writable
        if writable or upstream is None:
            downstream.count_unsent(0)
            downstream.release_body()
            if exchange.spool is not None:
                self.send_spooled(exchange.spool)
        else:
            self._unsent_bytes = upstream.transport.get_write_buffer_size()
            downstream.count_unsent(self._unsent_bytes)
            downstream.hold_body()

    def send_stalled(self) -> UpstreamTimedOut | None:
        """The endpoint held the body back for `timeouts.writeStall`: None where it may go on, as some went out."""
        upstream = self.upstream
        if upstream is None:
            return None
        unsent = upstream.transport.get_write_buffer_size()
        if unsent < self._unsent_bytes:
            self._unsent_bytes = unsent
            return None
        return UpstreamTimedOut("the endpoint took no byte within timeouts.writeStall")

    # --- from the endpoint ---------------------------------------------------------------------------------------

    def upstream_events(self, events: list[Event]) -> None:
        """Parts of the answer, as many as one read gave."""
        exchange = self.exchange
        downstream = exchange.downstream
        downstream.idle_timer.set(downstream.service.settings.stream_idle_timeout_s)
        upstream = self.upstream
        for event in events:
            if isinstance(event, bytes):
                self._response_body(event)
            elif isinstance(event, ResponseHead):
                self._response_head(event)
                if exchange.tunnel is not None:
                    return
            elif isinstance(event, EndOfMessage):
                self._response_end(event)
            if self.upstream is not upstream:
                # It failed, or was given back: what follows is nobody's.
                break
        change = self.change
        if change is not None and exchange.response == _STREAMING and self.upstream is upstream:
            self._pass_on(change.flush())
        self.flush()

    def flush(self) -> None:
        """Write to the client what the events so far gave; before anything that may close its connection."""
        gathered = self._gathered
        if gathered:
            self._gathered = []
            exchange = self.exchange
            data = gathered[0] if len(gathered) == 1 else b"".join(gathered)
            exchange.downstream.write(data)
            if exchange.pace is not None:
                exchange.pace.answered(len(data))

    def _response_head(self, answer: ResponseHead) -> None:
        exchange = self.exchange
        service = exchange.downstream.service
        status = answer.status
        if self.lease is not None and (status >= 200 or status == 101):
            self.lease.answered(status)
        assert exchange.tries is not None
        self.status = status
        guard = exchange.guard
        if guard is not None and guard.slow_ns:
            self.slow = service.now_ns() - exchange.sent_ns >= guard.slow_ns
        if exchange.tries.takes_back(self, answer):
            return
        if exchange.response == _AWAITED and not exchange.upstream_ns:
            exchange.upstream_ns = service.now_ns() - exchange.sent_ns
        if status < 200 and status != 101:
            self._interim(answer)
            return
        if status == 101 and not (exchange.head.upgrade and exchange.request == _COMPLETE_REQUEST):
            service.ledger.add(metrics.UPSTREAM_RESET)
            place = exchange.place
            exchange.fail(UpstreamProtocolError(f"{place} switched protocols unasked, or in the middle of a request"))
            return
        exchange.status = status
        exchange.settle_keep_alive()
        choice, subject, backend = exchange.choice, exchange.subject, exchange.backend
        assert choice is not None
        change = None
        if subject is not None and subject.settlements:
            for settlement in subject.settlements:
                settlement.answered(answer)
        if subject is not None and subject.session is not None and backend is not None:
            subject.session.settle(subject, backend.name, exchange.place)
        if subject is not None and subject.reshapers and not switches_protocol(exchange.head, answer):
            change = body_change(subject, answer)
            # An answer to HEAD has the head that one to GET would have, and no body.
            self.change = None if exchange.head.method == b"HEAD" else change
        framing = ResponseFraming(exchange.head, answer, change)
        exchange.keep_alive = framing.keep_alive = exchange.keep_alive and framing.keep_alive
        self.framing = framing
        date = service.date_line()
        head = render_response(service.writer, answer, framing, choice, service.settings.via, date, subject)
        if exchange.tries.gave_up:
            head = b"%b%b\r\n" % (head[:-2], exchange.tries.attempt_line())
        self._gathered.append(head)
        exchange.response = _STREAMING
        if framing.switches:
            self.flush()
            exchange.enter_tunnel(self)

    def _interim(self, answer: ResponseHead) -> None:
        exchange = self.exchange
        self._interims += 1
        if answer.status == 100:
            exchange.continued = True
        if self._interims > MAX_INTERIM_ANSWERS:
            place = exchange.place
            exchange.fail(UpstreamProtocolError(f"{place} sent more than {MAX_INTERIM_ANSWERS} interim answers"))
        elif exchange.head.version_minor:
            # A 1.0 client knows no interim answers (RFC 9110 15.2).
            self._gathered.append(render_interim(exchange.downstream.service.writer, answer))

    def _response_body(self, data: bytes) -> None:
        change = self.change
        if change is None:
            self._pass_on(data)
            return
        self._pass_on(change.feed(data))
        if change.ends_early:
            # The rest of its body is more than a new connection is worth.
            self.dispose()
            self._response_end(END)
            if not self.exchange.finished:
                self.exchange.discard_rest()

    def _pass_on(self, data: bytes) -> None:
        """A part of the body for the client, which an empty one is not: it would end a chunked body."""
        if not data:
            return
        self.exchange.sent_bytes += len(data)
        framing = self.framing
        assert framing is not None
        if framing.chunked:
            self._gathered += chunk_parts(data)
        else:
            self._gathered.append(data)

    def _response_end(self, end: EndOfMessage) -> None:
        framing, exchange = self.framing, self.exchange
        if framing is None:
            return
        if self.change is not None:
            self._pass_on(self.change.finish())
        if framing.chunked:
            self._gathered.append(encode_last_chunk(end.trailers if exchange.head.te_trailers else []))
        exchange.response = _COMPLETE
        upstream = self.upstream
        if exchange.request == _COMPLETE_REQUEST:
            exchange.finish()
        elif exchange.head.expect_continue and not exchange.body_bytes and not exchange.keep_alive:
            self.dispose()
            exchange.finish()
        elif upstream is not None and not upstream.codec.keep_alive:
            # The endpoint has said all and will close: the rest of the body has nowhere to go.
            self.dispose()
            exchange.discard_rest()

    def upstream_failed(self, error: WeirError) -> None:
        """The connection broke; it is no longer ours."""
        upstream, self.upstream = self.upstream, None
        self.pool = None
        exchange = self.exchange
        if exchange.finished:
            return
        if exchange.response == _COMPLETE:
            exchange.discard_rest()
            return
        begun = upstream is None or upstream.answered or error.retry is not Retry.IF_REUSED
        assert exchange.tries is not None
        exchange.tries.lost(self, error, answer_begun=begun)

    def defect_met(self) -> None:
        """A defect of Weir's own, met in one of the calls above."""
        self.exchange.defect_met()

    def upstream_bytes(self, data: bytes) -> None:
        raise AssertionError("only tunnels get raw bytes")

    def upstream_closed_writing(self) -> None:
        raise AssertionError("only tunnels see a half-close")

    # --- the end -------------------------------------------------------------------------------------------------

    def abandon(self) -> None:
        """Let go of the endpoint, wherever this is."""
        upstream, self.upstream = self.upstream, None
        pool, self.pool = self.pool, None
        if upstream is not None:
            upstream.abort()
        elif pool is not None:
            pool.cancel(self)
        self.end_lease()

    def give_back(self) -> None:
        """The connection is free for the next request."""
        upstream, self.upstream = self.upstream, None
        if upstream is not None and self.pool is not None:
            self.pool.release(upstream)
        self.end_lease()

    def dispose(self) -> None:
        """As `give_back`, of a connection that must carry no other request."""
        upstream, self.upstream = self.upstream, None
        if upstream is not None and self.pool is not None:
            self.pool.dispose(upstream)
        self.end_lease()

    def end_lease(self) -> None:
        """The endpoint is not used any more, however long the client still takes."""
        lease, self.lease = self.lease, None
        if lease is None:
            return
        error = self.exchange.error
        if error is not None and error.origin is Origin.UPSTREAM:
            lease.fail()
        else:
            lease.finish()
        guard = self.exchange.guard
        if guard is not None:
            now_s = self.exchange.downstream.service.now_ns() / 1e9
            guard.observed(lease.endpoint.id, self.probe, now_s, failed=self._outcome(error))

    def _outcome(self, error: WeirError | None) -> bool | None:
        """Whether the use of the endpoint failed; None where nobody can say, as it ended before an answer."""
        if self.slow or self.status >= 500:
            return True
        if error is not None and error.origin is Origin.UPSTREAM and not isinstance(error, NoEndpoint):
            return True
        return False if self.status else None
