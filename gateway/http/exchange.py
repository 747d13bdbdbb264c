"""One request's life: routed, sent to an endpoint, its answer passed on, and finished once, however it ended.

This is the client's side of it; `gateway.http.tries` and `gateway.http.attempt` are the endpoint's. Both directions
stream at the same time; `request` and `response` say how far each is. `finish` runs when both are done, or at the first
thing that cannot be mended. Nothing here awaits: bytes come in by calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from discovery.balancing.subset import endpoint_at
from gateway.codec.http1 import EndOfMessage, encode_chunk, encode_last_chunk
from gateway.errors import (
    ClientGone,
    InternalError,
    LimitExceeded,
    Misconfigured,
    NoEndpoint,
    Overloaded,
    ProtocolError,
    Refused,
    UpstreamTimedOut,
    WeirError,
)
from gateway.hot.head import RequestHead
from gateway.http import consultation as consultations
from gateway.http.attempt import Attempt
from gateway.http.forwarding import choose_request_id
from gateway.http.intake import Intake
from gateway.http.mirroring import MirrorCopy, copies_of
from gateway.http.own_answers import error_answer, policy_answer, redirect_answer, redirect_target
from gateway.http.pace import Pace
from gateway.http.phases import DISCARD_BYTES, Request, Response
from gateway.http.request_head import render_request
from gateway.http.steering import selection_of, steered_choice
from gateway.http.tries import Tries
from gateway.http.upgrade import Tunnel
from gateway.telemetry import metrics
from policies.access.questions import BodyPrefix
from policies.bounds.deadline import GRPC_HEADER, deadline_lines, grpc_timeout_s, request_deadline_s
from policies.bounds.deadline import HEADER as DEADLINE_HEADER
from policies.retry import ATTEMPT_HEADER, attempt_number
from policies.verdict import Denial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.http.consultation import Consultation
    from gateway.http.downstream import Downstream
    from gateway.http.service import BackendTraffic
    from gateway.http.spooled_body import SpooledBody
    from gateway.upstream.guard import Guard
    from gateway.upstream.http1_client import UpstreamConnection
    from policies.chain import Plan, WeightedPlan
    from policies.cors.step import CORSStep
    from policies.retry import RetryPlan
    from policies.sessions.step import Session
    from policies.subject import Subject
    from policies.timeouts import Timeouts
    from policies.verdict import Answer


_STREAMING_REQUEST, _DISCARDED, _COMPLETE_REQUEST = Request
_CONNECTING, _AWAITED, _STREAMING, _TUNNELLED, _COMPLETE = Response


class Exchange:
    """The state of one request and its response; made by `Downstream` for each request head."""

    __slots__ = (
        "_body_bound",
        "_chunked",
        "_intake",
        "_retry",
        "_session_kept",
        "_timeouts",
        "_try_deadline_ns",
        "_whole_deadline_ns",
        "backend",
        "body_bytes",
        "choice",
        "consultation",
        "continued",
        "discarded_bytes",
        "downstream",
        "error",
        "finished",
        "guard",
        "head",
        "keep_alive",
        "mirrors",
        "pace",
        "place",
        "plan",
        "request",
        "request_id",
        "response",
        "retries",
        "sent_bytes",
        "sent_ns",
        "spool",
        "started_ns",
        "status",
        "subject",
        "tries",
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
        self.consultation: Consultation | None = None
        """While a policy is awaited."""
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
        self.guard: Guard | None = None
        """The breakers of the backend, where it has some."""
        self.request_id = b""
        """As sent upstream and logged."""
        self._chunked = head.chunked
        """Whether the endpoint gets the body in chunks."""
        self._intake: Intake | None = None
        self.spool: SpooledBody | None = None
        """The body, where it is taken whole before an endpoint gets it."""
        self.pace: Pace | None = None
        """What bounds its octets per second, where a policy does."""
        self.tries: Tries | None = None
        self._retry: RetryPlan | None = None
        """When it may go out again, as a policy says or else its route."""
        self.retries = 0
        """How often it was given to another endpoint, or to another connection, after a failure."""
        self.continued = False
        """Whether the client was told to go on with its body."""
        self._session_kept = False
        self.finished = False
        self._whole_deadline_ns = 0
        self._try_deadline_ns = 0

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
        self._retry = plan.retry
        if head.method == b"CONNECT" and not plan.method:
            raise ProtocolError("CONNECT is not routed here", 405)
        if plan.steps or head.has_baggage:
            self.subject = service.subject_of(self)
            consultations.consult(self, self.subject, plan.steps)
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
        room = subject.body_room
        if subject.unpacker is not None or room is not None:
            self._intake = Intake(self, subject.unpacker, room)
            self.spool = self._intake.spool
            self._chunked = self._chunked or subject.unpacker is not None
        if subject.bandwidth is not None:
            self.pace = Pace(self, subject.bandwidth)
        if subject.body_bytes is not None:
            self._body_bound = subject.body_bytes
        if subject.request_s is not None or subject.backend_request_s is not None:
            self._timeouts = plan.timeouts_under(subject.request_s, subject.backend_request_s)
        if subject.retry is not None:
            self._retry = subject.retry
        self._check_length()
        if room is None:
            self._forward()
        else:
            # The body is taken whole first; the time of the whole runs on meanwhile.
            self.await_policies()
            self.await_octets()

    def await_octets(self) -> None:
        """The body is to come before an endpoint is asked."""
        self.downstream.release_body()
        if self.head.expect_continue and not self.continued:
            assert self.subject is not None
            self.subject.request_drop.add(b"expect")
            self.continued = True
            self.downstream.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _body_complete(self, intake: Intake, spool: SpooledBody) -> None:
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

    def beginning(self, bound: int) -> BodyPrefix | None:
        """The first `bound` octets of a body that is there already; None where it comes, and goes, in parts."""
        return None if self._intake is None else self._intake.beginning(bound)

    def take_up(self, kept: Sequence[bytes | EndOfMessage]) -> None:
        """What came of the request while its policies were awaited goes its way now."""
        if self.finished:
            return
        if not kept:
            return
        if self.request == _COMPLETE_REQUEST:
            self.request = _STREAMING_REQUEST
        self.downstream.count_unsent(0)
        for event in kept:
            if self.finished:
                # What follows on the connection is another request's.
                return
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
        self.settle_keep_alive()
        self._reply(answer.status, policy_answer(self, answer))

    def _check_length(self) -> None:
        bound = self._body_bound
        if bound and self.head.content_length > bound:
            raise self._body_too_large(bound)

    def _forward(self) -> None:
        plan, service = self.plan, self.downstream.service
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
        if choice.steps:
            if self.subject is None:
                self.subject = service.subject_of(self)
            consultations.consult(self, self.subject, choice.steps)
        else:
            self.chosen()

    def chosen(self) -> None:
        """The backendRef that was chosen takes it. Raises WeirError."""
        downstream, head, plan, choice = self.downstream, self.head, self.plan, self.choice
        service = downstream.service
        assert plan is not None and choice is not None
        subject = self.subject
        steered = subject.steered if subject is not None else None
        if choice.redirect is not None:
            self._redirect(choice)
            return
        if choice.backend is None:
            raise Misconfigured(choice.problem, call=plan.rule.kind == "GRPCRoute")
        backend = service.backends.get(choice.backend)
        if backend is None:
            raise Misconfigured(f"backend {choice.backend} is not loaded")
        self.backend = backend
        self.guard = backend.guard
        hash_key = None
        if backend.key is not None:
            if subject is None:
                subject = self.subject = service.subject_of(self)
            hash_key = backend.key.read(subject)
        if steered is not None:
            service.ledger.add(metrics.STEERED)
            selection = selection_of(steered) or backend.selection_for(subject)
        elif self._session_kept:
            assert subject is not None and subject.session is not None
            selection = endpoint_at(subject.session.place)
        else:
            selection = backend.selection_for(subject)
        recipe = service.recipe_of(choice) if subject is None else service.recipe_for(choice, subject)
        rendered = render_request(
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
        if choice.mirrors:
            self.mirrors = copies_of(service, choice, subject, hash_key, head.method, rendered, chunked=self._chunked)
            if self._intake is not None:
                # Before the endpoint is sent it, as both read it from its start.
                self._intake.copy_to(self.mirrors)
        number = 1
        if self._retry is not None and downstream.peer.trusted:
            number = attempt_number(head.get(ATTEMPT_HEADER))
        tries = Tries.__new__(Tries)
        tries.begin(self, rendered, selection, hash_key, self._timeouts, self._retry, number)
        tries.session_kept = self._session_kept
        self.tries = tries
        tries.enter()
        tries.connect()

    def _kept_choice(self, plan: Plan, session: Session) -> WeightedPlan:
        """The backendRef of the session, where its endpoint is there still; else as for a new one."""
        for choice in plan.choices:
            if choice.backend == session.backend and self.downstream.service.serves_at(session.backend, session.place):
                self._session_kept = True
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

    def _redirect(self, choice: WeightedPlan) -> None:
        status, location = redirect_target(self, choice)
        self.settle_keep_alive()
        self._reply(status, redirect_answer(self, choice, status, location))

    # --- from the client -------------------------------------------------------------------------------------------

    def request_body(self, data: bytes) -> None:
        """A part of the body came from the client."""
        downstream = self.downstream
        if self.consultation is not None and self.consultation.waiting:
            if self.consultation.reading:
                downstream.body_received()
            else:
                downstream.hold_body()
            self.consultation.keep(data)
            return
        self.body_bytes += len(data)
        if self.request == _DISCARDED:
            self.discarded_bytes += len(data)
            if self.discarded_bytes > DISCARD_BYTES:
                self.keep_alive = False
                self.finish()
            return
        bound = self._body_bound
        if bound and self.body_bytes > bound:
            self.fail(self._body_too_large(bound))
            return
        downstream.body_received()
        if self.pace is not None:
            self.pace.received(len(data))
        if self._intake is not None:
            try:
                data = self._intake.take(data)
            except WeirError as error:
                self.fail(error)
                return
            if not data:
                return
        if self.mirrors:
            for copy in self.mirrors:
                copy.body(data)
        if self._chunked:
            data = encode_chunk(data)
        if self.tries is not None:
            self.tries.send(data)

    def request_ended(self, end: EndOfMessage) -> None:
        """The request is complete."""
        if self.consultation is not None and self.consultation.waiting:
            self.request = _COMPLETE_REQUEST
            self.downstream.request_complete()
            self.consultation.keep(end)
            return
        intake = self._intake
        if intake is not None and self.request == _STREAMING_REQUEST:
            try:
                intake.end()
            except WeirError as error:
                self.request = _COMPLETE_REQUEST
                self.downstream.request_complete()
                self.fail(error)
                return
            if intake.spool is not None:
                self._body_complete(intake, intake.spool)
                return
        if self.mirrors:
            for copy in self.mirrors:
                copy.end(end)
        if self.request == _STREAMING_REQUEST and self._chunked and self.tries is not None:
            self.tries.send(encode_last_chunk(end.trailers))
        self.request = _COMPLETE_REQUEST
        self.downstream.request_complete()
        if self.response == _COMPLETE:
            self.finish()

    # --- from the endpoint's connection ------------------------------------------------------------------------------

    def begin_deadlines(self, timeouts: Timeouts) -> None:
        """A try begins: the time of the whole goes on, that of one try starts anew."""
        now_ns = self.downstream.service.now_ns()
        self._whole_deadline_ns = self.started_ns + int(timeouts.request_s * 1e9) if timeouts.request_s else 0
        self._try_deadline_ns = now_ns + int(timeouts.backend_request_s * 1e9) if timeouts.backend_request_s else 0
        self._await_deadline(now_ns)

    def end_try(self) -> None:
        """A try has failed and the next waits: only the time of the whole runs."""
        downstream = self.downstream
        downstream.idle_timer.unset()
        self._try_deadline_ns = 0
        if self._whole_deadline_ns:
            self._await_deadline(downstream.service.now_ns())
        else:
            downstream.deadline_timer.unset()

    def has_time(self, seconds: float) -> bool:
        """Whether the time of the whole is not over in `seconds`."""
        if not self._whole_deadline_ns:
            return True
        return self.downstream.service.now_ns() + int(seconds * 1e9) < self._whole_deadline_ns

    def deadline_line(self) -> bytes:
        """The lines that tell an endpoint how long it has: less what was spent, and no longer than the client waits."""
        head = self.head
        now_ns = self.downstream.service.now_ns()
        lefts = [
            deadline_ns - now_ns for deadline_ns in (self._whole_deadline_ns, self._try_deadline_ns) if deadline_ns
        ]
        told = [grpc_timeout_s(head.get(GRPC_HEADER))]
        if self.downstream.peer.trusted:
            told.append(request_deadline_s(head.get(DEADLINE_HEADER)))
        lefts += [self.started_ns + int(each * 1e9) - now_ns for each in told if each is not None]
        call = (head.get(b"content-type") or b"").startswith(b"application/grpc")
        return deadline_lines(min(lefts) / 1e9, call=call) if lefts else b""

    def _await_deadline(self, now_ns: int) -> None:
        nearest_ns = self._whole_deadline_ns
        if not nearest_ns or 0 < self._try_deadline_ns < nearest_ns:
            nearest_ns = self._try_deadline_ns
        self.downstream.deadline_timer.set(max(nearest_ns - now_ns, 1) / 1e9)

    def upstream_writable(self, *, writable: bool) -> None:
        """The endpoint of a tunnel takes bytes more slowly (or fast again) than the client sends them."""
        attempt = self._attempt()
        if attempt is not None:
            attempt.upstream_writable(writable=writable)

    def send_stalled(self) -> bool:
        """The endpoint held the body back for `timeouts.writeStall`; whether it may go on, as some of it went out."""
        attempt = self._attempt()
        error = None if attempt is None else attempt.send_stalled()
        if error is None:
            return True
        self.downstream.service.ledger.add(metrics.TIMEOUT_WRITE_STALL)
        if self.tunnel is not None:
            self.tunnel.end(error)
        else:
            self.fail(error)
        return False

    def defect_met(self) -> None:
        """A defect of Weir's own: 500 where that is still possible, else the client is cut off rather than left."""
        if self.finished:
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

    def upstream(self) -> UpstreamConnection | None:
        """The connection to the endpoint that answers."""
        attempt = self._attempt()
        return None if attempt is None else attempt.upstream

    def _attempt(self) -> Attempt | None:
        """The use of an endpoint that is under way, or was the last."""
        return None if self.tries is None else self.tries.attempt

    # --- from the client's connection ------------------------------------------------------------------------------

    def client_writable(self, *, writable: bool) -> None:
        """The client reads more slowly (or fast again) than the endpoint sends."""
        if self.tunnel is not None:
            self.tunnel.client_writable(writable=writable)
            return
        if self.tries is not None:
            self.tries.client_writable(writable=writable)

    def client_gone(self) -> None:
        """The client's connection is lost."""
        if self.tunnel is not None:
            self.tunnel.client_gone()
        elif not self.finished:
            if self.error is None:
                self.downstream.service.ledger.add(metrics.CLIENT_GONE)
                self.error = ClientGone("the client closed before its answer was complete")
            self.keep_alive = False
            self._abandon()
            self.finish()

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
            if self.tries is None or not self.tries.goes_out_again(error):
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
            attempt = self._attempt()
            if attempt is not None:
                attempt.give_up_waiting()
        else:
            service.ledger.add(metrics.TIMEOUT_STREAM_IDLE)
            self.fail(UpstreamTimedOut("no byte passed either way for timeouts.streamIdle"))

    # --- the end ---------------------------------------------------------------------------------------------------

    def fail(self, error: WeirError) -> None:
        """It cannot be mended: answer with `error` if nothing was answered yet, else cut the connection."""
        if self.finished:
            return
        self.error = error
        attempt = self._attempt()
        ambiguous = False
        if attempt is not None:
            attempt.flush()
            ambiguous = attempt.framing is not None and attempt.framing.until_close
        self._abandon()
        downstream = self.downstream
        if self.response == _STREAMING or self.response == _TUNNELLED:
            self.keep_alive = False
            downstream.cut(ambiguous=ambiguous)
            self.finish()
            return
        if self.response == _COMPLETE:
            self.keep_alive = False
            self.finish()
            return
        self.settle_keep_alive()
        if isinstance(error, NoEndpoint) and error.answer is not None:
            self._reply(error.answer.status, policy_answer(self, error.answer))
        else:
            self._reply(error.status, error_answer(self, error))

    def tunnel_ended(self, error: WeirError | None) -> None:
        """Both sides of an upgraded connection are done."""
        self.error = error
        self.keep_alive = False
        self.response = _COMPLETE
        attempt = self._attempt()
        if attempt is not None:
            attempt.dispose()
        self.finish()

    def enter_tunnel(self, attempt: Attempt) -> None:
        """The endpoint has switched protocols: raw bytes from now on."""
        downstream, upstream = self.downstream, attempt.upstream
        assert upstream is not None
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

    def settle_keep_alive(self) -> None:
        """Before a head goes out: whether the connection may live on after it."""
        head = self.head
        self.keep_alive = self.keep_alive and self.downstream.may_persist
        if self.request != _STREAMING_REQUEST:
            return
        if head.expect_continue and not self.body_bytes and not self.continued:
            # Nobody told the client to go on: it may send the body or its next request, and both look alike.
            self.keep_alive = False
        elif self.response != _AWAITED and (head.chunked or head.content_length > DISCARD_BYTES):
            self.keep_alive = False

    def _reply(self, status: int, message: bytes) -> None:
        self.status = status
        self.response = _COMPLETE
        self.downstream.write(message)
        if self.request == _COMPLETE_REQUEST:
            self.finish()
        else:
            self.discard_rest()

    def discard_rest(self) -> None:
        """The answer is out, and the rest of the request body means nothing any more."""
        if self.request == _COMPLETE_REQUEST or not self.keep_alive:
            self.finish()
            return
        self.request = _DISCARDED
        attempt = self._attempt()
        if attempt is not None:
            attempt.end_lease()
        # A copy would lack what is thrown away, and pass for a whole request.
        self._abandon_copies()
        self.downstream.idle_timer.unset()
        self.downstream.deadline_timer.unset()
        self.downstream.count_unsent(0)
        self.downstream.release_body()

    def _abandon(self) -> None:
        """Let go of the endpoint and the copies, wherever they are."""
        consultation, self.consultation = self.consultation, None
        if consultation is not None:
            consultation.cancel()
        if self.tries is not None:
            self.tries.abandon()
        self._abandon_copies()

    def _end_copies(self, attempt: Attempt | None) -> None:
        """Those that are not complete never will be; the answers to the others are held against the client's."""
        self._abandon_copies()
        if self.error is None and self.response == _COMPLETE:
            changed = attempt is not None and attempt.change is not None
            for copy in self.mirrors:
                copy.compare(self.status, -1 if changed else self.sent_bytes)

    def _abandon_copies(self) -> None:
        for copy in self.mirrors:
            copy.abandon()

    def finish(self) -> None:
        """Both sides are done, or nothing can be mended any more; all but the first call does nothing."""
        if self.finished:
            return
        attempt, spool = self._attempt(), self.spool
        if attempt is not None:
            # First, as it is the one step that may fail: what is not finished yet can still be failed.
            attempt.flush()
        self.finished = True
        if attempt is not None:
            upstream = attempt.upstream
            if upstream is None:
                attempt.end_lease()
            elif self.request == _COMPLETE_REQUEST and upstream.codec.keep_alive and (spool is None or spool.exhausted):
                attempt.give_back()
            else:
                attempt.dispose()
        if spool is not None:
            spool.close()
        if self.pace is not None:
            self.pace.end()
            self.pace = None
        if self.mirrors:
            self._end_copies(attempt)
        if self.subject is not None and self.subject.settlements:
            for settlement in self.subject.settlements:
                settlement.finished(self.body_bytes, self.sent_bytes)
        # They know this exchange, and it is to go without a search for cycles.
        tries, self.tries = self.tries, None
        if tries is not None:
            tries.leave()
        self.downstream.exchange_finished(self)
