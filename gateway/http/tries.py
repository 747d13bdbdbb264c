"""The tries of one request: which endpoint gets it, and whether a failure is mended by another try.

The only loop of the data path. What was sent is kept as long as it may be needed again, within a bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.errors import NoEndpoint, WeirError
from gateway.hot.head import ResponseHead
from gateway.http.attempt import Attempt, Response
from gateway.telemetry import metrics
from gateway.upstream.http1_client import HOLD_CLIENT
from policies.retry import IDEMPOTENT_METHODS, may_connect_elsewhere, may_resend

if TYPE_CHECKING:
    from discovery.balancing.subset import Selection
    from gateway.http.exchange import Exchange
    from gateway.upstream.pool import EndpointPool
    from policies.retry import RetryPlan
    from policies.timeouts import Timeouts

_CONNECTING, _AWAITED, _STREAMING, _TUNNELLED, _COMPLETE = Response


class Tries:
    """What is known of the tries of one exchange so far; `attempt` is the one under way, or the last."""

    __slots__ = (
        "_connect_attempts",
        "_exchange",
        "_hash_key",
        "_kept",
        "_kept_bytes",
        "_resends",
        "_retried",
        "_retry",
        "_selection",
        "_timeouts",
        "_tried",
        "attempt",
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
    ) -> None:
        """`head` is that of the request as the endpoint gets it; `hash_key` what the balancer hashes, where it does.

        In the place of a constructor, which costs the compiled form three times as much to call.
        """
        self._exchange = exchange
        self._selection = selection
        self._hash_key = hash_key
        self.session_kept = False
        """Whether the selection is the endpoint of a session."""
        self._timeouts = timeouts
        self._retry = retry
        self._tried: list[str] = []
        self._connect_attempts = 0
        self._resends = 0
        self._retried = 0
        # What waits for a connection, or was sent and would be needed again; None where it must not or cannot be.
        self._kept: list[bytes] | None = [head]
        self._kept_bytes = 0
        self.attempt: Attempt | None = None

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
            asked = "" if self._selection is None else f" ({self._selection.words})"
            raise exchange.error or NoEndpoint(
                f"backend {backend.name} has no endpoint that may take the request{asked}"
            )
        pool = backend.pool_of(lease.state)
        attempt = Attempt.__new__(Attempt)
        attempt.begin(exchange, lease, pool)
        self.attempt = attempt
        exchange.place = pool.place
        timeouts = self._timeouts
        if timeouts.request_s or timeouts.backend_request_s:
            exchange.begin_deadlines(timeouts)
        exchange.response = _CONNECTING
        return pool

    def outgoing(self, attempt: Attempt) -> list[bytes]:
        """All that is to be sent so far, for `attempt` to send; kept only where it may be needed again."""
        kept = self._kept
        assert kept is not None
        if not attempt.reused and self._retry is None:
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
            if self._kept_bytes <= downstream.service.settings.buffer_bytes_per_connection:
                kept.append(data)
            elif connected:
                self._kept = None
            else:
                kept.append(data)
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
        """Nothing was sent: another endpoint is tried, within the bound."""
        exchange = self._exchange
        self._connect_attempts += 1
        if attempt.lease is not None:
            self._tried.append(attempt.lease.endpoint.id)
        exchange.error = error
        attempt.end_lease()
        if may_connect_elsewhere(self._connect_attempts):
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
        if status in retry.codes and self.goes_out_again(NoEndpoint(f"{self._exchange.place} answered {status}")):
            return True
        if status >= 200:
            self._kept = None
        return False

    def goes_out_again(self, error: WeirError) -> bool:
        """Whether the route's `retry` takes `error`, or the answer that it stands for: then its backoff has begun."""
        exchange, retry, attempt = self._exchange, self._retry, self.attempt
        if retry is None or self._kept is None or exchange.response != _AWAITED or self._retried >= retry.attempts:
            return False
        self._retried += 1
        exchange.error = error
        if attempt is not None:
            if attempt.lease is not None:
                self._tried.append(attempt.lease.endpoint.id)
            attempt.dispose()
            self.attempt = None
        exchange.response = _CONNECTING
        exchange.end_try()
        runtime = exchange.downstream.service.runtime
        runtime.loop.call_later(retry.delay_s(self._retried, runtime.random.random()), self.backoff_passed)
        return True

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
