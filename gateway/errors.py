"""The one tree of errors of the data path: each class fixes where it came from, what may be retried, and the status.

Only `gateway.http.reply` turns one into a response. What a peer does wrong is a `ProtocolError` or one of the upstream
errors; what Weir does wrong is an `InternalError` and is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.verdict import Answer


class Origin(Enum):
    """Whose fault it is."""

    CLIENT = "client"
    UPSTREAM = "upstream"
    CONFIG = "config"
    INTERNAL = "internal"


class Retry(Enum):
    """Whether the request may be sent again.

    `IF_REUSED`: only when the connection was a reused one and no byte of an answer had come (RFC 9112 9.3.1).
    """

    NEVER = "never"
    IF_REUSED = "if-reused"
    SAFE = "safe"


class WeirError(Exception):
    """Base of the tree.

    `status` is the HTTP status that a client sees, `proxy_error` the error type of RFC 9209 2.3 that `proxy-status`
    carries, `str(error)` the reason, in words fit for a log.
    """

    origin: Origin = Origin.INTERNAL
    retry: Retry = Retry.NEVER
    status: int = 500
    proxy_error: str = "proxy_internal_error"

    @property
    def told(self) -> str:
        """What the client is told: the reason where it is at fault, else only what kind of thing went wrong."""
        return str(self) if 400 <= self.status < 500 else self.proxy_error.replace("_", " ")


class ProtocolError(WeirError):
    """The client sent what HTTP forbids or Weir refuses: answered with `status`, then the connection is closed."""

    origin = Origin.CLIENT
    status = 400
    proxy_error = "http_request_error"

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class LimitExceeded(ProtocolError):
    """A configured bound was passed: 431 header, 414 URI, 413 body, 408 time, 429 rate. `limit` names the field."""

    def __init__(self, reason: str, status: int, limit: str) -> None:
        super().__init__(reason, status)
        self.limit = limit


class Refused(WeirError):
    """A policy turned the request away. `policy` names it; the reason is for the log and never for the client.

    `lines` are whole header lines, as `www-authenticate`.
    """

    origin = Origin.CLIENT
    proxy_error = "http_request_denied"

    def __init__(self, reason: str, status: int, policy: str, lines: Sequence[bytes] = ()) -> None:
        super().__init__(f"{policy}: {reason}")
        self.status = status
        self.policy = policy
        self.lines = tuple(lines)

    @property
    def told(self) -> str:
        """That it was refused, not why."""
        return "refused by a policy"


class UpstreamProtocolError(WeirError):
    """The endpoint answered with what HTTP forbids: 502, never retried, as the request may have been acted upon."""

    origin = Origin.UPSTREAM
    status = 502
    proxy_error = "http_protocol_error"


class ConnectFailed(WeirError):
    """No connection to the endpoint came about: nothing was sent, so another endpoint is safe."""

    origin = Origin.UPSTREAM
    retry = Retry.SAFE
    status = 502
    proxy_error = "connection_refused"


class ConnectTimedOut(ConnectFailed):
    """The connection was not there within the connect timeout."""

    status = 504
    proxy_error = "connection_timeout"


class UpstreamReset(WeirError):
    """The endpoint closed or reset the connection before the end of its answer.

    Where it `drained`, Weir did, as `drain.timeout` of its backend passed: 503, and the endpoint is not at fault.
    """

    origin = Origin.UPSTREAM
    retry = Retry.IF_REUSED
    status = 502
    proxy_error = "connection_terminated"

    def __init__(self, reason: str, *, drained: bool = False) -> None:
        super().__init__(reason)
        self.drained = drained
        if drained:
            self.origin = Origin.INTERNAL
            self.retry = Retry.NEVER
            self.status = 503
            self.proxy_error = "destination_unavailable"


class UpstreamTimedOut(WeirError):
    """The endpoint did not answer within the request or backend request timeout."""

    origin = Origin.UPSTREAM
    status = 504
    proxy_error = "http_response_timeout"


class NoEndpoint(WeirError):
    """The backend has no endpoint that may take the request, or none may as it failed too often and is left alone.

    `retry_after_s` are the seconds until it is tried again, 0.0 where nobody knows; `answer` is what is said instead of
    the error, if any.
    """

    origin = Origin.UPSTREAM
    status = 503
    proxy_error = "destination_unavailable"

    def __init__(self, reason: str, retry_after_s: float = 0.0, answer: Answer | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        self.answer = answer


class Overloaded(WeirError):
    """A queue or a budget of this process is full."""

    status = 503
    proxy_error = "proxy_internal_error"


class DrainedAway(WeirError):
    """A drain ended before the exchange did: nothing is sent any more, 503 in logs."""

    status = 503
    proxy_error = "connection_terminated"


class Misconfigured(WeirError):
    """The route names a backend that does not resolve: 500, in proportion to its weight (Gateway API).

    503 for a gRPC call, which its client understands as UNAVAILABLE (gRPC, "HTTP to gRPC Status Code Mapping").
    """

    origin = Origin.CONFIG
    proxy_error = "proxy_configuration_error"

    def __init__(self, reason: str, *, call: bool = False) -> None:
        super().__init__(reason)
        self.status = 503 if call else 500


class ClientGone(WeirError):
    """The client closed before its answer was complete: 499 in logs, nothing is sent."""

    origin = Origin.CLIENT
    status = 499
    proxy_error = "connection_terminated"


class InternalError(WeirError):
    """A defect in Weir: counted, logged with its trace once at the top."""
