"""Whether a request that failed may be sent again: the only reason for the only loop in the data path.

Sources: RFC 9110 9.2.2 (idempotent methods may be repeated after a communication failure), RFC 9112 9.3.1 (a reused
connection may close just as a request is sent).
"""

from __future__ import annotations

IDEMPOTENT_METHODS = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"))
MAX_CONNECT_ATTEMPTS = 5
"""Endpoints tried for one request when connections fail: unbounded, a dead fleet would cost a connect per endpoint."""
MAX_RESENDS = 1
"""How often a request that was already sent is sent anew."""


def may_connect_elsewhere(attempts: int) -> bool:
    """After `attempts` failed connections, nothing was sent: another endpoint is safe for any method."""
    return attempts < MAX_CONNECT_ATTEMPTS


def may_resend(method: bytes, *, reused: bool, answer_begun: bool, replayable: bool, resends: int) -> bool:
    """Whether a sent request may go out again.

    `reused`: the connection had carried another request before; `answer_begun`: a byte of the answer came;
    `replayable`: all that was sent is still at hand.
    """
    return reused and replayable and not answer_begun and resends < MAX_RESENDS and method in IDEMPOTENT_METHODS
