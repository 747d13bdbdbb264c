"""One request's life: routed, sent to an endpoint, its answer passed on, and finished once, however it ended.

Both directions stream at the same time; `request` and `response` say how far each is. `_finish` runs when both are
done, or at the first thing that cannot be mended. Nothing here awaits: bytes come in by calls, and what one read from
the endpoint gave the client goes out in one write, as uvloop makes each `transport.write` a system call.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from config.snapshot import RouteTimeouts
from discovery.balancing.subset import Selection
from gateway.codec.http1 import END, EndOfMessage, Event, chunk_parts, encode_chunk, encode_last_chunk
from gateway.errors import (
    ClientGone,
    ConnectTimedOut,
    InternalError,
    LimitExceeded,
    Misconfigured,
    NoEndpoint,
    Origin,
    Overloaded,
    ProtocolError,
    Refused,
    Retry,
    UpstreamProtocolError,
    UpstreamTimedOut,
    WeirError,
)
from gateway.hot.head import RequestHead, ResponseHead
from gateway.http.consultation import Consultation
from gateway.http.forwarding import choose_request_id
from gateway.http.mirroring import MirrorCopy
from gateway.http.reply import answer_reply, error_reply, redirect_reply
from gateway.http.request_head import render_request
from gateway.http.response_head import ResponseFraming, render_interim, render_response, switches_protocol
from gateway.http.spooled_body import SpooledBody
from gateway.http.steering import selection_of, steered_choice
from gateway.http.upgrade import Tunnel
from gateway.telemetry import metrics
from policies.decompression.unpacker import Unfit
from policies.reshaping import body_change
from policies.retry import IDEMPOTENT_METHODS, may_connect_elsewhere, may_resend
from policies.timeouts import timeouts_of
from policies.verdict import Denial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from discovery.lease import Lease
    from gateway.http.downstream import Downstream
    from gateway.http.service import BackendTraffic
    from gateway.upstream.http1_client import UpstreamConnection
    from gateway.upstream.pool import EndpointPool
    from policies.buffering.step import BodyRoom
    from policies.chain import Plan, WeightedPlan
    from policies.cors.step import CORSStep
    from policies.decompression.unpacker import Unpacker
    from policies.reshaping import BodyChange
    from policies.retry import RetryPlan
    from policies.sessions.step import Session
    from policies.subject import Subject
    from policies.timeouts import Timeouts
    from policies.verdict import Answer

DISCARD_BYTES = 256 * 1024
"""How much of a body that nobody wants any more is read so that the connection lives; past it, it is closed."""


MAX_INTERIM_ANSWERS = 64
"""1xx answers to one request: an endpoint that sends them for ever would keep an exchange for ever."""


class Request(IntEnum):
    """How far the client's side is."""

    STREAMING = 0
    DISCARDED = 1  # answered already: what still comes is read and thrown away
    COMPLETE = 2


class Response(IntEnum):
    """How far the endpoint's side is."""

    CONNECTING = 0
    AWAITED = 1  # the request, or its beginning, is sent; no byte of the answer yet
    STREAMING = 2  # its head is passed on
    TUNNELLED = 3
    COMPLETE = 4


_STREAMING_REQUEST, _DISCARDED, _COMPLETE_REQUEST = Request
_CONNECTING, _AWAITED, _STREAMING, _TUNNELLED, _COMPLETE = Response


class Exchange:
    """The state of one request and its response; made by `Downstream` for each request head."""

    __slots__ = (
        "_body_bound",
        "_change",
        "_chunked",
        "_connect_attempts",
        "_continued",
        "_finished",
        "_framing",
        "_gathered",
        "_hash_key",
        "_interims",
        "_outgoing",
        "_outgoing_bytes",
        "_pool",
        "_replay",
        "_resends",
        "_retried",
        "_retry",
        "_reused",
        "_selection",
        "_session_kept",
        "_spool",
        "_timeouts",
        "_tried",
        "_try_deadline_ns",
        "_unpacker",
        "_unsent_bytes",
        "_upstream",
        "_upstream_full",
        "_whole_deadline_ns",
        "backend",
        "body_bytes",
        "choice",
        "consultation",
        "discarded_bytes",
        "downstream",
        "error",
        "head",
        "keep_alive",
        "lease",
        "mirrors",
        "place",
        "plan",
        "request",
        "request_id",
        "response",
        "retries",
        "sent_bytes",
        "sent_ns",
        "started_ns",
        "status",
        "subject",
        "tunnel",
        "upstream_ns",
    )

    def begin(self, downstream: Downstream, head: RequestHead, started_ns: int) -> None:
        """In the place of a constructor, which costs the compiled form three times as much to call."""
        self.downstream = downstream
        self.head = head
        self.started_ns = started_ns
        self.sent_ns = 0
        self.upstream_ns = 0
        self.plan: Plan | None = None
        self.choice: WeightedPlan | None = None
        self.backend: BackendTraffic | None = None
        self.lease: Lease | None = None
        self.consultation: Consultation | None = None
        self.subject: Subject | None = None
        """What policies said of it; None where its plan has none."""
        self.mirrors: tuple[MirrorCopy, ...] = ()
        self.tunnel: Tunnel | None = None
        self.request: int = _STREAMING_REQUEST
        self.response: int = _CONNECTING
        self.status = 0
        self.error: WeirError | None = None
        self.keep_alive = head.keep_alive
        self.body_bytes = 0
        self.sent_bytes = 0
        self.discarded_bytes = 0
        self.place = ""
        self.request_id = b""
        """As sent upstream and logged."""
        self._chunked = head.chunked
        """Whether the endpoint gets the body in chunks."""
        self._unpacker: Unpacker | None = None
        self._spool: SpooledBody | None = None
        self._upstream_full = False
        self._framing: ResponseFraming | None = None
        self._change: BodyChange | None = None
        self._gathered: list[bytes] = []
        self._pool: EndpointPool | None = None
        self._upstream: UpstreamConnection | None = None
        self._connect_attempts = 0
        self._resends = 0
        self._retried = 0
        self._retry: RetryPlan | None = None
        """That of the route, where the request may go out twice (RFC 9110 9.2.2)."""
        self.retries = 0
        """How often it was given to another endpoint, or to another connection, after a failure."""
        self._interims = 0
        self._continued = False
        self._reused = False
        self._tried: list[str] = []
        self._selection: Selection | None = None
        self._hash_key: bytes | None = None
        """What the backend's balancer hashes, where it does."""
        self._session_kept = False
        self._finished = False
        self._whole_deadline_ns = 0
        self._try_deadline_ns = 0
        # What waits for a connection; what was sent and would be needed again, or None where it must not or cannot be.
        self._outgoing: list[bytes] = []
        self._outgoing_bytes = 0
        self._unsent_bytes = 0
        self._replay: list[bytes] | None = None

    # --- routing -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Route it, and send it on or answer it."""
        downstream, head = self.downstream, self.head
        service = downstream.service
        settings = service.settings
        self._body_bound = settings.body_bytes
        self.request_id = choose_request_id(head, downstream.peer, settings, service.request_ids)
        try:
            if service.buffered_bytes > settings.buffer_bytes:
                service.ledger.add(metrics.LIMIT_BUFFER)
                raise Overloaded("limits.bufferBytes of this process are in use")
            self._route()
        except WeirError as error:
            self.fail(error)

    def _route(self) -> None:
        downstream, head = self.downstream, self.head
        service = downstream.service
        plan = downstream.listener.router.match(head)
        if plan is None:
            self._check_length()
            raise ProtocolError("no route takes this host and path", 404)
        self.plan = plan
        self._timeouts = plan.timeouts
        if plan.retry is not None and head.method in IDEMPOTENT_METHODS:
            self._retry = plan.retry
        if head.method == b"CONNECT" and not plan.method:
            raise ProtocolError("CONNECT is not routed here", 405)
        if plan.steps or head.has_baggage:
            self.subject = service.subject_of(self)
            self.consultation = Consultation(self, self.subject, plan.steps)
            self.consultation.begin()
        else:
            self._check_length()
            self._forward()

    def await_policies(self) -> None:
        """A policy waits for something: the time of the whole runs on meanwhile."""
        assert self.plan is not None and self.subject is not None
        own = self.subject.request_s
        request_s = self.plan.timeouts.request_s if own is None else own
        if request_s:
            self._whole_deadline_ns = self.started_ns + int(request_s * 1e9)
            self._await_deadline(self.downstream.service.now_ns())

    def permitted(self) -> None:
        """The policies let it go on. Raises WeirError."""
        subject, plan = self.subject, self.plan
        assert subject is not None and plan is not None
        if subject.unpacker is not None:
            self._unpacker = subject.unpacker
            self._chunked = True
        if subject.body_bytes is not None:
            self._body_bound = subject.body_bytes
        if subject.request_s is not None or subject.backend_request_s is not None:
            own = RouteTimeouts(subject.request_s, subject.backend_request_s)
            before = plan.timeouts
            self._timeouts = timeouts_of(own, request_s=before.request_s, backend_request_s=before.backend_request_s)
        self._check_length()
        if subject.body_room is None:
            self._forward()
        else:
            self._await_body(subject.body_room)

    def _await_body(self, room: BodyRoom) -> None:
        """The body is taken whole first; the time of the whole runs on meanwhile."""
        self._spool = SpooledBody(room.memory_bytes)
        self.await_policies()
        if self.head.expect_continue:
            assert self.subject is not None
            self.subject.request_drop.add(b"expect")
            self._continued = True
            self.downstream.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _keep(self, spool: SpooledBody, data: bytes) -> None:
        """A part of a body that is taken whole."""
        assert self.subject is not None and self.subject.body_room is not None
        try:
            spool.append(data)
            denial = self.subject.body_room.refusal(spool.length)
            if denial is not None:
                raise self.refused(denial, "buffering")
        except WeirError as error:
            self.fail(error)
        else:
            self.downstream.count_unsent(spool.memory_bytes)

    def _body_complete(self, spool: SpooledBody) -> None:
        """All of it is there: the request goes on, with its length."""
        subject = self.subject
        assert subject is not None
        self.request = _COMPLETE_REQUEST
        self.downstream.request_complete()
        self._chunked = False
        subject.request_drop.add(b"content-length")
        subject.request_framing = b"content-length: %d\r\n" % spool.length
        try:
            self._forward()
        except WeirError as error:
            self.fail(error)
            return
        if self.mirrors:
            spool.rewind()
            while piece := spool.next_piece():
                for copy in self.mirrors:
                    copy.body(piece)
            for copy in self.mirrors:
                copy.end(END)

    def _send_spooled(self, spool: SpooledBody) -> None:
        """As much of the body as the endpoint takes for now."""
        upstream = self._upstream
        while upstream is not None and upstream is self._upstream and not self._upstream_full and not spool.exhausted:
            self.downstream.idle_timer.set(self.downstream.service.settings.stream_idle_timeout_s)
            upstream.transport.write(spool.next_piece())

    def take_up(self, kept: Sequence[bytes | EndOfMessage]) -> None:
        """What came of the request while its policies were awaited goes its way now."""
        if self._finished:
            return
        if self.request == _COMPLETE_REQUEST:
            self.request = _STREAMING_REQUEST
        for event in kept:
            if isinstance(event, bytes):
                self.request_body(event)
            else:
                self.request_ended(event)

    def answered_by(self, policy: str, answer: Answer) -> None:
        """A policy answers it."""
        service = self.downstream.service
        slot = metrics.POLICY_ANSWERS.get(policy)
        if slot is not None:
            service.ledger.add(slot)
        self._settle_keep_alive()
        self._reply(
            answer.status,
            answer_reply(
                answer.status,
                (*answer.lines, *self._policy_lines()),
                answer.body,
                server=service.settings.server,
                date=service.date_line(),
                request_id=self.request_id,
                close=not self.keep_alive,
                bodiless=self.head.method == b"HEAD",
            ),
        )

    def _policy_lines(self) -> list[bytes]:
        """What policies add to an answer of Weir's own, as to one of the endpoint's."""
        subject = self.subject
        return [] if subject is None else [*subject.response_lines, *(line for _, line in subject.response_absent)]

    def _check_length(self) -> None:
        bound = self._body_bound
        if bound and self.head.content_length > bound:
            raise self._body_too_large(bound)

    def _forward(self) -> None:
        downstream, head, plan = self.downstream, self.head, self.plan
        service = downstream.service
        assert plan is not None
        subject = self.subject
        steered = subject.steered if subject is not None else None
        if steered is not None:
            choice = steered_choice(plan, subject, steered, service.has_endpoint)
        elif subject is not None and subject.session is not None and subject.session.place:
            choice = self._kept_choice(plan, subject.session)
        else:
            choice = plan.choose(subject)
        self.choice = choice
        if choice.cors is not None and self._cross_origin(choice.cors):
            return
        if choice.redirect is not None:
            self._redirect(choice)
            return
        if choice.backend is None:
            raise Misconfigured(choice.problem, call=plan.rule.kind == "GRPCRoute")
        backend = service.backends.get(choice.backend)
        if backend is None:
            raise Misconfigured(f"backend {choice.backend} is not loaded")
        self.backend = backend
        if backend.key is not None:
            if subject is None:
                subject = self.subject = service.subject_of(self)
            self._hash_key = backend.key.read(subject)
        if steered is not None:
            service.ledger.add(metrics.STEERED)
            self._selection = selection_of(steered) or backend.selection_for(subject)
        elif self._session_kept:
            assert subject is not None and subject.session is not None
            self._selection = Selection((), (), "None", subject.session.place)
        else:
            self._selection = backend.selection_for(subject)
        recipe = service.recipe_of(choice) if subject is None else service.recipe_for(choice, subject)
        self._outgoing = [
            render_request(
                service.writer,
                head,
                plan,
                choice,
                recipe,
                downstream.peer,
                service.settings,
                downstream.scheme,
                self.request_id,
                subject,
            )
        ]
        self._outgoing_bytes = 0
        if choice.mirrors:
            self._mirror(choice)
        self._connect()

    def _kept_choice(self, plan: Plan, session: Session) -> WeightedPlan:
        """The backendRef of the session, where its endpoint is there still; else as for a new one."""
        for choice in plan.choices:
            if choice.backend == session.backend:
                self._session_kept = self.downstream.service.serves_at(session.backend, session.place)
                if self._session_kept:
                    return choice
        return plan.choose(self.subject)

    def _cross_origin(self, cors: CORSStep) -> bool:
        """Ask the CORS filter of a backendRef; whether that answered. Raises Refused."""
        subject = self.subject
        if subject is None:
            subject = self.subject = self.downstream.service.subject_of(self)
        verdict = cors.decide(subject)
        if isinstance(verdict, Denial):
            raise self.refused(verdict, cors.name)
        if verdict is not None:
            self.answered_by(cors.name, verdict)
        return verdict is not None

    def refused(self, denial: Denial, policy: str) -> Refused:
        """The error of a `denial` by `policy`, which is counted."""
        slot = metrics.POLICY_DENIALS.get(policy)
        if slot is not None:
            self.downstream.service.ledger.add(slot)
        return Refused(denial.reason, denial.status, policy, denial.lines)

    def _mirror(self, choice: WeightedPlan) -> None:
        service = self.downstream.service
        copies = []
        for mirror in choice.mirrors:
            target = service.backends.get(mirror.backend) if mirror.backend is not None else None
            if target is not None and mirror.takes(service.runtime.random.random()):
                copies.append(
                    MirrorCopy(
                        service,
                        target,
                        target.selection_for(self.subject),
                        self._hash_key,
                        self.head.method,
                        self._outgoing[0],
                        chunked=self._chunked,
                    )
                )
        self.mirrors = tuple(copies)

    def _redirect(self, choice: WeightedPlan) -> None:
        downstream, head = self.downstream, self.head
        service = downstream.service
        assert choice.redirect is not None and self.plan is not None
        status, location = choice.redirect.location(
            downstream.scheme, head.authority, downstream.local_port, head.path, head.query, self.plan.matched
        )
        self._settle_keep_alive()
        self._reply(
            status,
            redirect_reply(
                status,
                location,
                server=service.settings.server,
                date=service.date_line(),
                request_id=self.request_id,
                close=not self.keep_alive,
                added=[choice.response_extra, *self._policy_lines()],
                dropped=choice.response_drop,
            ),
        )

    # --- to the endpoint -----------------------------------------------------------------------------------------

    def _connect(self) -> None:
        """Lease an endpoint and send to it over a connection that is there, or once a new one is."""
        pool = self._lease_endpoint()
        # What must not be sent twice must not go where nobody listens any more.
        careful = self.head.has_body or self.head.method not in IDEMPOTENT_METHODS
        connection = pool.reuse_checked() if careful else pool.reuse()
        if connection is not None:
            self.upstream_ready(connection)
        else:
            self._await_connection(pool)

    def _await_connection(self, pool: EndpointPool) -> None:
        pool.enqueue(self)
        self.downstream.idle_timer.set(pool.settings.connect_timeout_s)

    def _lease_endpoint(self) -> EndpointPool:
        """The pool of the endpoint for the next try, which is leased. Raises NoEndpoint, or the error of the last."""
        backend = self.backend
        assert backend is not None and self.plan is not None
        lease = backend.backend.pick(self._hash_key, self._tried, self._selection)
        if lease is None and self._session_kept:
            # The session's endpoint failed or has left: the session goes on at another one.
            self._session_kept = False
            self._selection = backend.selection_for(self.subject)
            lease = backend.backend.pick(self._hash_key, self._tried, self._selection)
        if self._retried and self._tried and (lease is None or lease.endpoint.id in self._tried):
            # All had their turn: a retry may go to one of them again.
            if lease is not None:
                lease.finish()
            self._tried = []
            lease = backend.backend.pick(self._hash_key, self._tried, self._selection)
        if lease is None or lease.endpoint.id in self._tried:
            if lease is not None:
                lease.finish()
            asked = "" if self._selection is None else f" ({self._selection.words})"
            raise self.error or NoEndpoint(f"backend {backend.name} has no endpoint that may take the request{asked}")
        self.lease = lease
        pool = backend.pool_of(lease.state)
        self._pool = pool
        self.place = pool.place
        timeouts = self._timeouts
        if timeouts.request_s or timeouts.backend_request_s:
            self._begin_deadlines(timeouts)
        self.response = _CONNECTING
        return pool

    def _begin_deadlines(self, timeouts: Timeouts) -> None:
        """A try begins: the time of the whole goes on, that of one try starts anew."""
        now_ns = self.downstream.service.now_ns()
        self._whole_deadline_ns = self.started_ns + int(timeouts.request_s * 1e9) if timeouts.request_s else 0
        self._try_deadline_ns = now_ns + int(timeouts.backend_request_s * 1e9) if timeouts.backend_request_s else 0
        self._await_deadline(now_ns)

    def _await_deadline(self, now_ns: int) -> None:
        nearest_ns = self._whole_deadline_ns
        if not nearest_ns or 0 < self._try_deadline_ns < nearest_ns:
            nearest_ns = self._try_deadline_ns
        self.downstream.deadline_timer.set(max(nearest_ns - now_ns, 1) / 1e9)

    def upstream_ready(self, connection: UpstreamConnection) -> None:
        """A connection is there: all that waited goes out in one write."""
        downstream = self.downstream
        self._upstream = connection
        connection.user = self
        connection.begin(self.head.method)
        self.response = _AWAITED
        self._reused = connection.served > 0
        self.sent_ns = downstream.service.now_ns()
        outgoing, self._outgoing = self._outgoing, []
        downstream.idle_timer.set(downstream.service.settings.stream_idle_timeout_s)
        if downstream.write_paused:
            connection.pause_reading()
        # Before the write: it may fill the buffer, and then it is the endpoint that holds the client back.
        downstream.release_body()
        self._replay = outgoing if self._reused or self._retry is not None else None
        self._upstream_full = False
        spool = self._spool
        if spool is not None:
            # Each connection gets the body from its start; the head goes with the first piece.
            spool.rewind()
            outgoing = [*outgoing, spool.next_piece()]
        if len(outgoing) == 1:
            connection.transport.write(outgoing[0])
        else:
            connection.transport.writelines(outgoing)
        if spool is not None:
            self._send_spooled(spool)

    def connect_failed(self, error: WeirError) -> None:
        """Nothing was sent: another endpoint is tried, within the bound."""
        self._pool = None
        self._connect_attempts += 1
        if self.lease is not None:
            self._tried.append(self.lease.endpoint.id)
            self.lease.fail()
            self.lease = None
        self.error = error
        if may_connect_elsewhere(self._connect_attempts):
            self._again()
        else:
            self.fail(error)

    def _again(self, *, fresh: bool = False) -> None:
        try:
            if fresh:
                self._await_connection(self._lease_endpoint())
            else:
                self._connect()
        except WeirError as error:
            self.fail(error)
        else:
            self.error = None
            self.retries += 1
            self.downstream.service.ledger.add(metrics.RETRIES)

    def _goes_out_again(self, error: WeirError) -> bool:
        """Whether the route's `retry` takes `error`, or the answer that it stands for: then its backoff has begun."""
        retry, replay, downstream = self._retry, self._replay, self.downstream
        if retry is None or replay is None or self.response != _AWAITED or self._retried >= retry.attempts:
            return False
        self._retried += 1
        self.error = error
        if self.lease is not None:
            self._tried.append(self.lease.endpoint.id)
        self._dispose()
        self._pool_forget()
        self._outgoing = replay
        self._replay = None
        self.response = _CONNECTING
        downstream.idle_timer.unset()
        self._try_deadline_ns = 0
        if self._whole_deadline_ns:
            self._await_deadline(downstream.service.now_ns())
        else:
            downstream.deadline_timer.unset()
        runtime = downstream.service.runtime
        runtime.loop.call_later(retry.delay_s(self._retried, runtime.random.random()), self.backoff_passed)
        return True

    def backoff_passed(self) -> None:
        """The wait before a retry is over."""
        if not self._finished:
            self._again()

    def request_body(self, data: bytes) -> None:
        """A part of the body came from the client."""
        downstream = self.downstream
        if self.consultation is not None and self.consultation.waiting:
            self.consultation.keep(data)
            downstream.hold_body()
            return
        self.body_bytes += len(data)
        if self.request == _DISCARDED:
            self.discarded_bytes += len(data)
            if self.discarded_bytes > DISCARD_BYTES:
                self.keep_alive = False
                self._finish()
            return
        bound = self._body_bound
        if bound and self.body_bytes > bound:
            self.fail(self._body_too_large(bound))
            return
        downstream.body_received()
        if self._unpacker is not None:
            data = self._unpacked(data)
            if not data:
                return
        if self._spool is not None:
            self._keep(self._spool, data)
            return
        if self.mirrors:
            for copy in self.mirrors:
                copy.body(data)
        if self._chunked:
            data = encode_chunk(data)
        self._send(data)

    def _unpacked(self, data: bytes) -> bytes:
        """What a part of the body is to the endpoint; b"" where that is nothing, or where the request has failed."""
        assert self._unpacker is not None
        try:
            return self._unpacker.feed(data)
        except Unfit as error:
            self.fail(self.refused(error.denial, "decompression"))
            return b""

    def request_ended(self, end: EndOfMessage) -> None:
        """The request is complete."""
        if self.consultation is not None and self.consultation.waiting:
            self.consultation.keep(end)
            self.request = _COMPLETE_REQUEST
            self.downstream.request_complete()
            return
        if self._unpacker is not None and self.request == _STREAMING_REQUEST:
            try:
                self._unpacker.finish()
            except Unfit as error:
                self.request = _COMPLETE_REQUEST
                self.downstream.request_complete()
                self.fail(self.refused(error.denial, "decompression"))
                return
        if self._spool is not None and self.request == _STREAMING_REQUEST:
            self._body_complete(self._spool)
            return
        if self.mirrors:
            for copy in self.mirrors:
                copy.end(end)
        if self.request == _STREAMING_REQUEST and self._chunked:
            self._send(encode_last_chunk(end.trailers))
        self.request = _COMPLETE_REQUEST
        self.downstream.request_complete()
        if self.response == _COMPLETE:
            self._finish()

    def _send(self, data: bytes) -> None:
        upstream = self._upstream
        bound = self.downstream.service.settings.buffer_bytes_per_connection
        if upstream is None:
            if self.response != _CONNECTING:
                return
            self._outgoing.append(data)
            self._outgoing_bytes += len(data)
            if self._outgoing_bytes > bound:
                self.downstream.hold_body()
            return
        if self._replay is not None:
            self._outgoing_bytes += len(data)
            if self._outgoing_bytes > bound:
                self._replay = None
            else:
                self._replay.append(data)
        self.downstream.idle_timer.set(self.downstream.service.settings.stream_idle_timeout_s)
        upstream.transport.write(data)

    # --- from the endpoint ---------------------------------------------------------------------------------------

    def upstream_events(self, events: list[Event]) -> None:
        """Parts of the answer, as many as one read gave."""
        downstream = self.downstream
        downstream.idle_timer.set(downstream.service.settings.stream_idle_timeout_s)
        upstream = self._upstream
        for event in events:
            if isinstance(event, bytes):
                self._response_body(event)
            elif isinstance(event, ResponseHead):
                self._response_head(event)
                if self.tunnel is not None:
                    return
            elif isinstance(event, EndOfMessage):
                self._response_end(event)
            if self._upstream is not upstream:
                # It failed, or was given back: what follows is nobody's.
                break
        change = self._change
        if change is not None and self.response == _STREAMING and self._upstream is upstream:
            self._pass_on(change.flush())
        self._flush()

    def _flush(self) -> None:
        """Write to the client what the events so far gave; before anything that may close its connection."""
        gathered = self._gathered
        if gathered:
            self._gathered = []
            self.downstream.write(gathered[0] if len(gathered) == 1 else b"".join(gathered))

    def _response_head(self, answer: ResponseHead) -> None:
        service = self.downstream.service
        status = answer.status
        if self._retry is not None:
            if status in self._retry.codes and self._goes_out_again(NoEndpoint(f"{self.place} answered {status}")):
                return
            if status >= 200:
                self._replay = None
        else:
            self._replay = None
        if self.response == _AWAITED and not self.upstream_ns:
            self.upstream_ns = service.now_ns() - self.sent_ns
        if status < 200 and status != 101:
            self._interims += 1
            self._continued = self._continued or status == 100
            if self._interims > MAX_INTERIM_ANSWERS:
                self.fail(UpstreamProtocolError(f"{self.place} sent more than {MAX_INTERIM_ANSWERS} interim answers"))
                return
            # A 1.0 client knows no interim answers (RFC 9110 15.2).
            if self.head.version_minor:
                self._gathered.append(render_interim(service.writer, answer))
            return
        if status == 101 and not (self.head.upgrade and self.request == _COMPLETE_REQUEST):
            service.ledger.add(metrics.UPSTREAM_RESET)
            self.fail(UpstreamProtocolError(f"{self.place} switched protocols unasked, or in the middle of a request"))
            return
        self.status = status
        if self.lease is not None:
            if 502 <= status <= 504:
                # It cannot, and says so soon: that must not make it the fastest one.
                self.lease.refused()
            else:
                self.lease.answered()
        self._settle_keep_alive()
        assert self.choice is not None
        subject, change = self.subject, None
        if subject is not None and subject.session is not None and self.backend is not None:
            subject.session.settle(subject, self.backend.name, self.place)
        if subject is not None and subject.reshapers and not switches_protocol(self.head, answer):
            change = body_change(subject, answer)
            # An answer to HEAD has the head that one to GET would have, and no body.
            self._change = None if self.head.method == b"HEAD" else change
        framing = ResponseFraming(self.head, answer, change)
        self.keep_alive = framing.keep_alive = self.keep_alive and framing.keep_alive
        self._framing = framing
        date = service.date_line()
        self._gathered.append(
            render_response(service.writer, answer, framing, self.choice, service.settings.via, date, subject)
        )
        self.response = _STREAMING
        if framing.switches:
            self._enter_tunnel()

    def _response_body(self, data: bytes) -> None:
        change = self._change
        if change is None:
            self._pass_on(data)
            return
        self._pass_on(change.feed(data))
        if change.ends_early:
            # The rest of its body is more than a new connection is worth.
            self._dispose()
            self._response_end(END)
            if not self._finished:
                self._discard_rest()

    def _pass_on(self, data: bytes) -> None:
        """A part of the body for the client, which an empty one is not: it would end a chunked body."""
        if not data:
            return
        self.sent_bytes += len(data)
        framing = self._framing
        assert framing is not None
        if framing.chunked:
            self._gathered += chunk_parts(data)
        else:
            self._gathered.append(data)

    def _response_end(self, end: EndOfMessage) -> None:
        framing = self._framing
        if framing is None:
            return
        if self._change is not None:
            self._pass_on(self._change.finish())
        if framing.chunked:
            self._gathered.append(encode_last_chunk(end.trailers if self.head.te_trailers else []))
        self.response = _COMPLETE
        upstream = self._upstream
        if self.request == _COMPLETE_REQUEST:
            self._finish()
        elif self.head.expect_continue and not self.body_bytes and not self.keep_alive:
            self._dispose()
            self._finish()
        elif upstream is not None and not upstream.codec.keep_alive:
            # The endpoint has said all and will close: the rest of the body has nowhere to go.
            self._dispose()
            self._discard_rest()

    def upstream_failed(self, error: WeirError) -> None:
        """The connection broke; it is no longer ours."""
        upstream, self._upstream = self._upstream, None
        self._pool_forget()
        if self._finished:
            return
        if self.response == _COMPLETE:
            self._discard_rest()
            return
        begun = upstream is None or upstream.answered or error.retry is not Retry.IF_REUSED
        replay = self._replay
        if may_resend(
            self.head.method,
            reused=self._reused,
            answer_begun=begun,
            replayable=replay is not None,
            resends=self._resends,
        ):
            assert replay is not None
            self._resends += 1
            # A stale connection says nothing against the endpoint.
            self._end_lease()
            self._outgoing = replay
            self._replay = None
            self._again(fresh=True)
            return
        self.downstream.service.ledger.add(metrics.UPSTREAM_RESET)
        if not self._goes_out_again(error):
            self.fail(error)

    def upstream_writable(self, *, writable: bool) -> None:
        """The endpoint takes bytes more slowly (or fast again) than the client sends them."""
        upstream = self._upstream
        self._upstream_full = not writable
        if writable or upstream is None:
            self.downstream.count_unsent(0)
            self.downstream.release_body()
            if self._spool is not None:
                self._send_spooled(self._spool)
        else:
            self._unsent_bytes = upstream.transport.get_write_buffer_size()
            self.downstream.count_unsent(self._unsent_bytes)
            self.downstream.hold_body()

    def send_stalled(self) -> bool:
        """The endpoint held the body back for `timeouts.writeStall`; whether it may go on, as some of it went out."""
        upstream = self._upstream
        if upstream is None:
            return True
        unsent = upstream.transport.get_write_buffer_size()
        if unsent < self._unsent_bytes:
            self._unsent_bytes = unsent
            return True
        self.downstream.service.ledger.add(metrics.TIMEOUT_WRITE_STALL)
        error = UpstreamTimedOut("the endpoint took no byte within timeouts.writeStall")
        if self.tunnel is not None:
            self.tunnel.end(error)
        else:
            self.fail(error)
        return False

    def defect_met(self) -> None:
        """A defect of Weir's own: 500 where that is still possible, else the client is cut off rather than left."""
        if self._finished:
            self.downstream.abort()
            return
        error = InternalError("a defect of Weir, which its log tells")
        try:
            if self.tunnel is not None:
                self.tunnel.end(error)
            else:
                self.fail(error)
        except BaseException:
            self.downstream.abort()
            raise

    def upstream_bytes(self, data: bytes) -> None:
        raise AssertionError("only tunnels get raw bytes")

    def upstream_closed_writing(self) -> None:
        raise AssertionError("only tunnels see a half-close")

    # --- from the client's connection ------------------------------------------------------------------------------

    def client_writable(self, *, writable: bool) -> None:
        """The client reads more slowly (or fast again) than the endpoint sends."""
        if self.tunnel is not None:
            self.tunnel.client_writable(writable=writable)
            return
        upstream = self._upstream
        if upstream is None:
            return
        if writable:
            upstream.resume_reading()
        else:
            upstream.pause_reading()

    def client_gone(self) -> None:
        """The client's connection is lost."""
        if self.tunnel is not None:
            self.tunnel.client_gone()
        elif not self._finished:
            if self.error is None:
                self.downstream.service.ledger.add(metrics.CLIENT_GONE)
                self.error = ClientGone("the client closed before its answer was complete")
            self.keep_alive = False
            self._abandon()
            self._finish()

    def deadline_passed(self) -> None:
        """`timeouts.request` or `timeouts.backendRequest` is over."""
        service = self.downstream.service
        now_ns = service.now_ns()
        if self._whole_deadline_ns and now_ns >= self._whole_deadline_ns:
            service.ledger.add(metrics.TIMEOUT_REQUEST)
            self.fail(UpstreamTimedOut("no complete answer within timeouts.request"))
        elif now_ns < self._try_deadline_ns or not self._try_deadline_ns:
            # A timer may fire early by as long as the loop had stalled.
            self._await_deadline(now_ns)
        else:
            service.ledger.add(metrics.TIMEOUT_BACKEND_REQUEST)
            error = UpstreamTimedOut("no complete answer within timeouts.backendRequest")
            if not self._goes_out_again(error):
                self.fail(error)

    def idle_passed(self) -> None:
        """Nothing moved for the connect timeout, or for `timeouts.streamIdle`."""
        downstream, service = self.downstream, self.downstream.service
        if self.response != _CONNECTING and downstream.stalls:
            # One side waits until the other takes bytes: `timeouts.writeStall` watches that one.
            downstream.idle_timer.set(service.settings.stream_idle_timeout_s)
            return
        if self.tunnel is not None:
            service.ledger.add(metrics.TIMEOUT_STREAM_IDLE)
            self.tunnel.end(UpstreamTimedOut("no byte passed either way for timeouts.streamIdle"))
        elif self.response == _CONNECTING:
            service.ledger.add(metrics.TIMEOUT_CONNECT)
            pool = self._pool
            if pool is not None:
                pool.cancel(self)
            self.connect_failed(ConnectTimedOut(f"no connection to {self.place} in time"))
        else:
            service.ledger.add(metrics.TIMEOUT_STREAM_IDLE)
            self.fail(UpstreamTimedOut("no byte passed either way for timeouts.streamIdle"))

    # --- the end ---------------------------------------------------------------------------------------------------

    def fail(self, error: WeirError) -> None:
        """It cannot be mended: answer with `error` if nothing was answered yet, else cut the connection."""
        if self._finished:
            return
        self.error = error
        self._flush()
        self._abandon()
        downstream, service = self.downstream, self.downstream.service
        if self.response == _STREAMING or self.response == _TUNNELLED:
            self.keep_alive = False
            downstream.cut(ambiguous=self._framing is not None and self._framing.until_close)
            self._finish()
            return
        if self.response == _COMPLETE:
            self.keep_alive = False
            self._finish()
            return
        self._settle_keep_alive()
        self._reply(
            error.status,
            error_reply(
                error,
                server=service.settings.server,
                date=service.date_line(),
                request_id=self.request_id,
                close=not self.keep_alive,
                bodiless=self.head.method == b"HEAD",
                added=(*error.lines, *self._policy_lines()) if isinstance(error, Refused) else self._policy_lines(),
                page=None if self.subject is None else self.subject.error_pages.get(error.status),
            ),
        )

    def tunnel_ended(self, error: WeirError | None) -> None:
        """Both sides of an upgraded connection are done."""
        self.error = error
        self.keep_alive = False
        self.response = _COMPLETE
        upstream, self._upstream = self._upstream, None
        if upstream is not None and self._pool is not None:
            self._pool.dispose(upstream)
        self._finish()

    def _enter_tunnel(self) -> None:
        downstream, upstream = self.downstream, self._upstream
        assert upstream is not None
        self._flush()
        downstream.service.ledger.add(metrics.UPGRADES)
        downstream.service.ledger.add(metrics.TUNNELS_ACTIVE)
        self.response = _TUNNELLED
        self.request = _COMPLETE_REQUEST
        downstream.deadline_timer.unset()
        early = upstream.enter_tunnel()
        self.tunnel = Tunnel(self, downstream, upstream)
        if early:
            self.tunnel.upstream_bytes(early)
        downstream.enter_tunnel(self.tunnel)

    def _body_too_large(self, bound: int) -> LimitExceeded:
        self.downstream.service.ledger.add(metrics.LIMIT_BODY)
        limit = "limits.bodyBytes" if bound == self.downstream.service.settings.body_bytes else "bodyBytes"
        return LimitExceeded(f"the body is larger than the {bound} bytes allowed", 413, limit)

    def _settle_keep_alive(self) -> None:
        """Before a head goes out: whether the connection may live on after it."""
        head = self.head
        self.keep_alive = self.keep_alive and self.downstream.may_persist
        if self.request != _STREAMING_REQUEST:
            return
        if head.expect_continue and not self.body_bytes and not self._continued:
            # Nobody told the client to go on: it may send the body or its next request, and both look alike.
            self.keep_alive = False
        elif self.response != _AWAITED and (head.chunked or head.content_length > DISCARD_BYTES):
            self.keep_alive = False

    def _reply(self, status: int, message: bytes) -> None:
        self.status = status
        self.response = _COMPLETE
        self.downstream.write(message)
        if self.request == _COMPLETE_REQUEST:
            self._finish()
        else:
            self._discard_rest()

    def _discard_rest(self) -> None:
        """The answer is out, and the rest of the request body means nothing any more."""
        if self.request == _COMPLETE_REQUEST or not self.keep_alive:
            self._finish()
            return
        self.request = _DISCARDED
        self._end_lease()
        # A copy would lack what is thrown away, and pass for a whole request.
        self._abandon_copies()
        self.downstream.idle_timer.unset()
        self.downstream.deadline_timer.unset()
        self.downstream.count_unsent(0)
        self.downstream.release_body()

    def _abandon(self) -> None:
        """Let go of the endpoint and the copies, wherever they are."""
        if self.consultation is not None:
            self.consultation.cancel()
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.abort()
        elif self._pool is not None:
            self._pool.cancel(self)
        self._pool_forget()
        self._end_lease()
        self._abandon_copies()

    def _end_copies(self) -> None:
        """Those that are not complete never will be; the answers to the others are held against the client's."""
        self._abandon_copies()
        if self.error is None and self.response == _COMPLETE:
            for copy in self.mirrors:
                copy.compare(self.status, self.sent_bytes if self._change is None else -1)

    def _abandon_copies(self) -> None:
        for copy in self.mirrors:
            copy.abandon()

    def _end_lease(self) -> None:
        """The endpoint is not used any more, however long the client still takes."""
        lease, self.lease = self.lease, None
        if lease is None:
            return
        if self.error is not None and self.error.origin is Origin.UPSTREAM:
            lease.fail()
        else:
            lease.finish()

    def _pool_forget(self) -> None:
        self._pool = None
        self._outgoing = []

    def _give_back(self) -> None:
        """The connection is free for the next request."""
        upstream, self._upstream = self._upstream, None
        if upstream is not None and self._pool is not None:
            self._pool.release(upstream)
        self._end_lease()

    def _dispose(self) -> None:
        """As `_give_back`, of a connection that must carry no other request."""
        upstream, self._upstream = self._upstream, None
        if upstream is not None and self._pool is not None:
            self._pool.dispose(upstream)
        self._end_lease()

    def _finish(self) -> None:
        if self._finished:
            return
        # First, as it is the one step that may fail: what is not finished yet can still be failed.
        self._flush()
        self._finished = True
        upstream, spool = self._upstream, self._spool
        if upstream is None:
            pass
        elif self.request == _COMPLETE_REQUEST and upstream.codec.keep_alive and (spool is None or spool.exhausted):
            self._give_back()
        else:
            self._dispose()
        if spool is not None:
            spool.close()
        self._end_lease()
        if self.mirrors:
            self._end_copies()
        self.downstream.exchange_finished(self)
