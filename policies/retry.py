"""Whether a request that failed may be sent again: the only reason for the only loop in the data path.

Sources: RFC 9110 9.2.2 (idempotent methods may be repeated after a communication failure), RFC 9112 9.3.1 (a reused
connection may close just as a request is sent), Brooker, "Exponential Backoff And Jitter" (full jitter).
"""

from __future__ import annotations

from collections.abc import Collection
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING

from config.snapshot import RouteRetry

if TYPE_CHECKING:
    from config.resources.traffic_policy import Retry, RetryBudget

IDEMPOTENT_METHODS = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"))
MAX_CONNECT_ATTEMPTS = 5
"""Endpoints tried for one request when connections fail: unbounded, a dead fleet would cost a connect per endpoint."""
MAX_RESENDS = 1
"""How often a request that was already sent is sent anew."""

MAX_BACKOFF_S = 10.0
"""Where doubling ends; a longer one that a route asks for stays as it is."""
JITTER = 0.25
"""The share by which a wait may be longer than it must be, so that those who failed together do not come together."""


MAX_RETRY_AFTER_S = 10.0
"""The longest `Retry-After` that is waited for; one that asks for more is passed on, as the client can wait as well."""
MAX_ATTEMPT_NUMBER = 999

ATTEMPT_HEADER = b"x-weir-attempt"
"""On a request: the number of the try, from 2. On an answer that failed: how many tries were made, so that nobody
before makes more."""


class Failure(Enum):
    """How a try ended that has no answer."""

    CONNECT = "connect"  # no connection came about, nothing was sent
    REFUSED = "refused"  # the endpoint said that it did nothing with it
    RESET = "reset"  # the connection broke before the answer
    TIMEOUT = "timeout"


_BY_CONDITION = {
    "connect-failure": frozenset((Failure.CONNECT,)),
    "refused-stream": frozenset((Failure.REFUSED,)),
    "reset": frozenset((Failure.RESET,)),
    "timeout": frozenset((Failure.TIMEOUT,)),
    # What Weir would make a 502 or 504 of for the client.
    "gateway-error": frozenset(Failure),
    "5xx": frozenset(Failure),
}
_STATUSES = {"gateway-error": frozenset((502, 503, 504)), "5xx": frozenset(range(500, 600)), "retriable-4xx": {409}}
_GRPC_STATUSES = {
    "grpc-cancelled": b"1",
    "grpc-deadline-exceeded": b"4",
    "grpc-resource-exhausted": b"8",
    "grpc-internal": b"13",
    "grpc-unavailable": b"14",
}
UNSENT = frozenset((Failure.CONNECT, Failure.REFUSED))
"""After these, any method may go out again."""


class RetryPlan:
    """When requests go out again, how often, and how long they wait.

    `attempts` are further tries. `codes` are statuses, `grpc_codes` values of `grpc-status`, `failures` ends without an
    answer. `per_try_s` is the time of one try, 0.0 where the route's holds. `buffer_bytes` is the largest body that is
    kept to be sent again, 0 for the process's own. `decides_connects`: connections that fail are tried again under this
    plan, else elsewhere at once.
    """

    __slots__ = (
        "_backoff_s",
        "_jittered",
        "_longest_s",
        "attempts",
        "budget",
        "buffer_bytes",
        "codes",
        "decides_connects",
        "failures",
        "grpc_codes",
        "non_idempotent",
        "per_try_s",
    )

    def __init__(
        self, codes: Collection[int], failures: Collection[Failure], attempts: int, backoff_s: float, longest_s: float
    ) -> None:
        self.codes = frozenset(codes)
        self.failures = frozenset(failures)
        self.attempts = attempts
        self.grpc_codes: frozenset[bytes] = frozenset()
        self.per_try_s = 0.0
        self.buffer_bytes = 0
        self.budget: RetryBudget | None = None
        self.non_idempotent = False
        self.decides_connects = False
        self._backoff_s = backoff_s
        self._longest_s = longest_s
        self._jittered = False

    @classmethod
    def of_route(cls, spec: RouteRetry) -> RetryPlan:
        """`retry` of an HTTPRoute: after the statuses that are listed, after broken connections and timeouts."""
        return cls(spec.codes, (Failure.RESET, Failure.TIMEOUT), spec.attempts, spec.backoff_s, MAX_BACKOFF_S)

    @classmethod
    def of_policy(cls, spec: Retry) -> RetryPlan:
        """`retry` of a TrafficPolicy: what its conditions name."""
        codes = set(spec.codes).union(*(_STATUSES.get(condition, ()) for condition in spec.on))
        failures = frozenset[Failure]().union(*(_BY_CONDITION.get(condition, ()) for condition in spec.on))
        plan = cls(codes, failures, spec.attempts, spec.backoff.base.seconds, spec.backoff.max.seconds)
        plan.grpc_codes = frozenset(_GRPC_STATUSES[name] for name in spec.on if name in _GRPC_STATUSES)
        plan.per_try_s = 0.0 if spec.per_try_timeout is None else spec.per_try_timeout.seconds
        plan.buffer_bytes = spec.buffer_bytes.bytes
        plan.budget = spec.budget
        plan.non_idempotent = spec.non_idempotent
        plan.decides_connects = plan._jittered = True
        return plan

    def may_repeat(self, method: bytes) -> bool:
        """Whether a request of `method` may go out again once an endpoint has got it (RFC 9110 9.2.2)."""
        return self.non_idempotent or method in IDEMPOTENT_METHODS

    def takes_answer(self, status: int, grpc_status: bytes | None) -> bool:
        """Whether an answer is one that is tried again; `grpc_status` is that of an answer without messages."""
        return status in self.codes or (grpc_status is not None and grpc_status in self.grpc_codes)

    def delay_s(self, number: int, draw: float) -> float:
        """The wait before retry `number`, from 1; `draw` is in [0, 1).

        A policy's is drawn from the whole of [0, base * 2^(number-1)), so that those who failed together come apart. A
        route's is never shorter than it says (GEP-1731).
        """
        least = self._backoff_s
        doubled = min(least * 2.0 ** min(number - 1, 32), self._longest_s)
        if self._jittered:
            return doubled * draw
        return max(least, doubled) * (1.0 + JITTER * draw)


def retry_after_s(value: bytes | None, now_s: float) -> float | None:
    """The seconds that a `Retry-After` asks for at the unix time `now_s` (RFC 9110 10.2.3); None where it says none."""
    if value is None:
        return None
    text = value.strip()
    if text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text.decode("latin-1")).timestamp() - now_s)
    except ValueError:
        return None


def attempt_number(value: bytes | None) -> int:
    """The try that a request says it is; 1 where it says nothing that makes sense."""
    if value is None or not value.isdigit() or len(value) > 3:
        return 1
    return max(1, min(int(value), MAX_ATTEMPT_NUMBER))


def may_connect_elsewhere(attempts: int) -> bool:
    """After `attempts` failed connections, nothing was sent: another endpoint is safe for any method."""
    return attempts < MAX_CONNECT_ATTEMPTS


def may_resend(method: bytes, *, reused: bool, answer_begun: bool, replayable: bool, resends: int) -> bool:
    """Whether a sent request may go out again.

    `reused`: the connection had carried another request before; `answer_begun`: a byte of the answer came;
    `replayable`: all that was sent is still at hand.
    """
    return reused and replayable and not answer_begun and resends < MAX_RESENDS and method in IDEMPOTENT_METHODS
