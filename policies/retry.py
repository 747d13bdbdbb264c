"""Whether a request that failed may be sent again: the only reason for the only loop in the data path.

Sources: RFC 9110 9.2.2 (idempotent methods may be repeated after a communication failure), RFC 9112 9.3.1 (a reused
connection may close just as a request is sent).
"""

from __future__ import annotations

from config.snapshot import RouteRetry

IDEMPOTENT_METHODS = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"))
MAX_CONNECT_ATTEMPTS = 5
"""Endpoints tried for one request when connections fail: unbounded, a dead fleet would cost a connect per endpoint."""
MAX_RESENDS = 1
"""How often a request that was already sent is sent anew."""

MAX_BACKOFF_S = 10.0
"""Where doubling ends; a longer one that a route asks for stays as it is."""
JITTER = 0.25
"""The share by which a wait may be longer than it must be, so that those who failed together do not come together."""


class RetryPlan:
    """The `retry` of a route: the statuses after which a request goes out again, and how often it may."""

    __slots__ = ("_backoff_s", "attempts", "codes")

    def __init__(self, spec: RouteRetry) -> None:
        self.codes = frozenset(spec.codes)
        self.attempts = spec.attempts
        self._backoff_s = spec.backoff_s

    def delay_s(self, number: int, draw: float) -> float:
        """The wait before retry `number`, from 1: doubled each time, at least the route's; `draw` is in [0, 1)."""
        least = self._backoff_s
        doubled = max(least, min(least * 2.0 ** min(number - 1, 32), MAX_BACKOFF_S))
        return doubled * (1.0 + JITTER * draw)


def may_connect_elsewhere(attempts: int) -> bool:
    """After `attempts` failed connections, nothing was sent: another endpoint is safe for any method."""
    return attempts < MAX_CONNECT_ATTEMPTS


def may_resend(method: bytes, *, reused: bool, answer_begun: bool, replayable: bool, resends: int) -> bool:
    """Whether a sent request may go out again.

    `reused`: the connection had carried another request before; `answer_begun`: a byte of the answer came;
    `replayable`: all that was sent is still at hand.
    """
    return reused and replayable and not answer_begun and resends < MAX_RESENDS and method in IDEMPOTENT_METHODS
