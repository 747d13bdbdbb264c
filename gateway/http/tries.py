"""The tries of one request: which endpoint gets it, and whether a failure is mended by another try.

The only loop of the data path. What was sent is kept as long as it may be needed again, within a bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.errors import ConnectFailed, NoEndpoint, Overloaded, Retry, UpstreamReset, UpstreamTimedOut, WeirError
from gateway.hot.head import ResponseHead
from gateway.http.attempt import Attempt
from gateway.http.phases import Response
from gateway.telemetry import metrics
from gateway.upstream.http1_client import HOLD_CLIENT
from policies.retry import (
    ATTEMPT_HEADER,
    IDEMPOTENT_METHODS,
    MAX_RETRY_AFTER_S,
    UNSENT,
    Failure,
    may_connect_elsewhere,
    may_resend,
    retry_after_s,
)
from policies.timeouts import Timeouts

if TYPE_CHECKING:
    from discovery.balancing.subset import Selection
    from discovery.lease import Lease
    from gateway.http.exchange import Exchange
    from gateway.http.service import BackendTraffic
    from gateway.upstream.guard import Guard
    from gateway.upstream.pool import EndpointPool
    from policies.retry import RetryPlan

_CONNECTING, _AWAITED, _STREAMING, _TUNNELLED, _COMPLETE = Response


class Tries:
    """What is known of the tries of one exchange so far; `attempt` is the one under way, or the last."""

    __slots__ = (
        "_connect_attempts",
        "_entered",
        "_exchange",
        "_hash_key",
        "_head",
        "_kept",
        "_kept_bound",
        "_kept_bytes",
        "_marked",
        "_resends",
        "_retried",
        "_retry",
        "_retrying",
        "_selection",
        "_timeouts",
        "_tried",
        "attempt",
        "gave_up",
        "session_kept",
    )

    def begin(
        self,
        exchange: Exchange,
        head: bytes,
        selection: Selection | None,
        hash_key: bytes | None,
        timeouts: Timeouts,
        retry: RetryPlan | None,
        number: int,
    ) -> None:
        """`head` is that of the request as the endpoint gets it; `hash_key` what the balancer hashes, where it does;
        `number` is which try of it this gateway was given.

        In the place of a constructor, which costs the compiled form three times as much to call.
        """
        self._exchange = exchange
        self._selection = selection
        self._hash_key = hash_key
        self.session_kept = False
        """Whether the selection is the endpoint of a session."""
        self._timeouts = timeouts
        self._retry = retry
        self._head = head
        # A gateway before this one tries again already: tries of tries would multiply.
        self._marked = number > 1
        self.gave_up = False
        """Whether the answer is a failure that is passed on as no further try may mend it."""
        self._tried: list[str] = []
        self._connect_attempts = 0
        self._resends = 0
        self._retried = 0
        self._entered = False
        self._retrying = False
        # What waits for a connection, or was sent and would be needed again; None where it must not or cannot be.
        self._kept: list[bytes] | None = [head]
        self._kept_bytes = 0
        self._kept_bound = exchange.downstream.service.settings.buffer_bytes_per_connection
        if retry is not None:
            self._plan_tries(retry)
        self.attempt: Attempt | None = None

    def _plan_tries(self, retry: RetryPlan) -> None:
        """What only matters where a failure may be mended."""
        exchange = self._exchange
        backend = exchange.backend
        if retry.buffer_bytes:
            self._kept_bound = retry.buffer_bytes
        if retry.per_try_s:
            self._timeouts = Timeouts(self._timeouts.request_s, retry.per_try_s)
        if retry.budget is not None and backend is not None:
            now_s = exchange.downstream.service.now_ns() / 1e9
            if self._marked:
                backend.retries.repeated(now_s)
            else:
                backend.retries.begun(now_s)

    def enter(self) -> None:
        """The request is about to be given to its backend. Raises Overloaded where that has as many as it may have."""
        exchange = self._exchange
        backend = exchange.backend
        assert backend is not None
        share = backend.share
        if share.requests >= share.max_requests:
            exchange.downstream.service.ledger.add(metrics.LIMIT_REQUESTS)
            raise Overloaded(f"backend {backend.name} has circuitBreaker.maxRequests at once")
        share.requests += 1
        self._entered = True

    def leave(self) -> None:
        """The request is over, however it ended."""
        backend = self._exchange.backend
        if self._entered and backend is not None:
            self._entered = False
            backend.share.requests -= 1
        self._end_retry()

    def _end_retry(self) -> None:
        backend = self._exchange.backend
        if self._retrying and backend is not None:
            self._retrying = False
            backend.share.retries -= 1

    # --- one try ---------------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Lease an endpoint and send to it over a connection that is there, or once a new one is. Raises WeirError."""
        pool = self._lease_endpoint()
        attempt, head = self.attempt, self._exchange.head
        assert attempt is not None
        # What must not be sent twice must not go where nobody listens any more.
        careful = head.has_body or head.method not in IDEMPOTENT_METHODS
        connection = pool.reuse_checked() if careful else pool.reuse()
        if connection is not None:
            attempt.upstream_ready(connection)
        else:
            attempt.await_connection()

    def _lease_endpoint(self) -> EndpointPool:
        """The pool of the endpoint for the next try, which is leased. Raises NoEndpoint, or the error of the last."""
        exchange = self._exchange
        backend = exchange.backend
        assert backend is not None
        guard, probe, now_s = backend.guard, 0, 0.0
        if guard is not None and not guard.all_closed:
            now_s = exchange.downstream.service.now_ns() / 1e9
            if not guard.per_endpoint:
                probe = guard.admits("", now_s)
                if probe < 0:
                    raise guard.refusal(now_s)
        lease = backend.backend.pick(self._hash_key, self._tried, self._selection)
        if lease is None and self.session_kept:
            # The session's endpoint failed or has left: the session goes on at another one.
            self.session_kept = False
            self._selection = backend.selection_for(exchange.subject)
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
            if guard is not None and probe:
                guard.observed("", probe, now_s, failed=None)
            asked = "" if self._selection is None else f" ({self._selection.words})"
            raise exchange.error or NoEndpoint(
                f"backend {backend.name} has no endpoint that may take the request{asked}"
            )
        if guard is not None and guard.per_endpoint and not guard.all_closed:
            lease, probe = self._admitted(backend, guard, lease, now_s)
        pool = backend.pool_of(lease.state)
        attempt = Attempt.__new__(Attempt)
        attempt.begin(exchange, lease, pool)
        attempt.probe = probe
        self.attempt = attempt
        exchange.place = pool.place
        timeouts = self._timeouts
        if timeouts.request_s or timeouts.backend_request_s:
            exchange.begin_deadlines(timeouts)
        exchange.response = _CONNECTING
        return pool

    def _admitted(self, backend: BackendTraffic, guard: Guard, lease: Lease, now_s: float) -> tuple[Lease, int]:
        """`lease`, or one on an endpoint whose breaker lets a request pass, and a probe's epoch. Raises NoEndpoint."""
        shunned = [*self._tried]
        while True:
            probe = guard.admits(lease.endpoint.id, now_s)
            if probe >= 0:
                return lease, probe
            refused = lease.endpoint.id
            lease.finish()
            shunned.append(refused)
            other = backend.backend.pick(self._hash_key, shunned, self._selection)
            if other is None or other.endpoint.id in shunned:
                if other is not None:
                    other.finish()
                raise guard.refusal(now_s, refused)
            lease = other

    def outgoing(self, attempt: Attempt) -> list[bytes]:
        """All that is to be sent so far, for `attempt` to send; kept only where it may be needed again."""
        kept = self._kept
        assert kept is not None
        subject = self._exchange.subject
        if subject is not None and subject.passes_deadline:
            kept[0] = self._numbered(self._exchange.deadline_line())
        if (not attempt.reused and self._retry is None) or self._kept_bytes > self._kept_bound:
            self._kept = None
        return kept

    def send(self, data: bytes) -> None:
        """A further part of the request, to the endpoint or to what waits for it."""
        exchange, attempt = self._exchange, self.attempt
        connected = attempt is not None and attempt.upstream is not None
        if not connected and exchange.response != _CONNECTING:
            return
        kept = self._kept
        if kept is not None:
            downstream = exchange.downstream
            self._kept_bytes += len(data)
            if connected and self._kept_bytes > self._kept_bound:
                self._kept = None
            else:
                kept.append(data)
                if not connected and self._kept_bytes > downstream.service.settings.buffer_bytes_per_connection:
                    downstream.hold_body()
        if connected:
            assert attempt is not None
            attempt.send(data)

    def client_writable(self, *, writable: bool) -> None:
        """The client reads more slowly (or fast again) than the endpoint sends."""
        upstream = None if self.attempt is None else self.attempt.upstream
        if upstream is None:
            return
        if writable:
            upstream.resume_reading(HOLD_CLIENT)
        else:
            upstream.pause_reading(HOLD_CLIENT)

    def abandon(self) -> None:
        """Let go of endpoints, wherever the tries are."""
        if self.attempt is not None:
            self.attempt.abandon()

    # --- after a failure -------------------------------------------------------------------------------------------

    def connect_failed(self, attempt: Attempt, error: WeirError) -> None:
        """Nothing was sent: another endpoint is tried, as a policy says or else within a bound."""
        exchange, retry = self._exchange, self._retry
        self._connect_attempts += 1
        if attempt.lease is not None:
            self._tried.append(attempt.lease.endpoint.id)
        exchange.error = error
        attempt.end_lease()
        if retry is not None and retry.decides_connects:
            if not self.goes_out_again(error):
                exchange.fail(error)
        elif may_connect_elsewhere(self._connect_attempts):
            self._again()
        else:
            exchange.fail(error)

    def lost(self, attempt: Attempt, error: WeirError, *, answer_begun: bool) -> None:
        """The connection broke before the end of the answer, and in the midst of it where `answer_begun`."""
        exchange = self._exchange
        if may_resend(
            exchange.head.method,
            reused=attempt.reused,
            answer_begun=answer_begun,
            replayable=self._kept is not None,
            resends=self._resends,
        ):
            self._resends += 1
            # A stale connection says nothing against the endpoint.
            attempt.end_lease()
            self._again(fresh=True)
            return
        exchange.downstream.service.ledger.add(metrics.UPSTREAM_RESET)
        if not self.goes_out_again(error):
            exchange.fail(error)

    def takes_back(self, attempt: Attempt, answer: ResponseHead) -> bool:
        """Whether the client never sees `answer`, as another try comes in its place."""
        retry = self._retry
        if retry is None:
            self._kept = None
            return False
        status = answer.status
        grpc_status = answer.get(b"grpc-status") if retry.grpc_codes else None
        if retry.takes_answer(status, grpc_status) and answer.get(ATTEMPT_HEADER) is None:
            exchange = self._exchange
            least_s = retry_after_s(answer.get(b"retry-after"), exchange.downstream.service.unix_s())
            if self._waits(NoEndpoint(f"{exchange.place} answered {status}"), unsent=False, least_s=least_s or 0.0):
                return True
            self.gave_up = True
        if status >= 200:
            self._kept = None
        return False

    def goes_out_again(self, error: WeirError) -> bool:
        """Whether `error`, which came in the place of an answer, is mended by another try: its backoff has begun."""
        failure, retry = _failure_of(error), self._retry
        if retry is None or failure is None or failure not in retry.failures:
            return False
        return self._waits(error, unsent=failure in UNSENT, least_s=0.0)

    def attempt_line(self) -> bytes:
        """The field of an answer that failed which tells gateways before this one that it was tried here already."""
        return b"" if self._retry is None else b"%b: %d\r\n" % (ATTEMPT_HEADER, self._retried + 1)

    def _waits(self, error: WeirError, *, unsent: bool, least_s: float) -> bool:
        """Whether there is another try, which waits for `least_s` at least; `unsent`: the last one did nothing."""
        exchange, retry, kept = self._exchange, self._retry, self._kept
        if retry is None or kept is None or self._marked or self._retried >= retry.attempts:
            return False
        if exchange.response > _AWAITED or not (unsent or retry.may_repeat(exchange.head.method)):
            return False
        service, backend = exchange.downstream.service, exchange.backend
        now_s = service.now_ns() / 1e9
        delay_s = max(least_s, retry.delay_s(self._retried + 1, service.runtime.random.random()))
        if least_s > MAX_RETRY_AFTER_S or (least_s and not exchange.has_time(delay_s)):
            return False
        assert backend is not None
        share = backend.share
        if not self._retrying and share.retries >= share.max_retries:
            service.ledger.add(metrics.LIMIT_RETRIES)
            return False
        if retry.budget is not None:
            budget = retry.budget
            if not backend.retries.has_room(now_s, budget.percent, budget.min_per_second):
                service.ledger.add(metrics.RETRIES_OVER_BUDGET)
                return False
            backend.retries.repeated(now_s)
        if not self._retrying:
            self._retrying = True
            share.retries += 1
        self._retried += 1
        exchange.error = error
        attempt, self.attempt = self.attempt, None
        if attempt is not None:
            if attempt.lease is not None:
                self._tried.append(attempt.lease.endpoint.id)
            if attempt.upstream is not None:
                attempt.dispose()
            else:
                attempt.abandon()
        kept[0] = self._numbered(b"")
        exchange.response = _CONNECTING
        exchange.end_try()
        service.runtime.loop.call_later(delay_s, self.backoff_passed)
        return True

    def _numbered(self, more: bytes) -> bytes:
        """The head of this try, with the lines `more`."""
        number = b"%b: %d\r\n" % (ATTEMPT_HEADER, self._retried + 1) if self._retried else b""
        return b"%b%b%b\r\n" % (self._head[:-2], number, more)

    def backoff_passed(self) -> None:
        """The wait before a retry is over."""
        if not self._exchange.finished:
            self._again()

    def _again(self, *, fresh: bool = False) -> None:
        exchange = self._exchange
        try:
            if fresh:
                self._lease_endpoint()
                assert self.attempt is not None
                self.attempt.await_connection()
            else:
                self.connect()
        except WeirError as error:
            exchange.fail(error)
        else:
            exchange.error = None
            exchange.retries += 1
            exchange.downstream.service.ledger.add(metrics.RETRIES)


def _failure_of(error: WeirError) -> Failure | None:
    """How a try ended; None for what no further try mends."""
    if isinstance(error, ConnectFailed):
        return Failure.CONNECT
    if error.retry is Retry.SAFE:
        return Failure.REFUSED
    if isinstance(error, UpstreamReset):
        return Failure.RESET
    return Failure.TIMEOUT if isinstance(error, UpstreamTimedOut) else None
