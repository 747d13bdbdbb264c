"""Answers that come from Weir itself: the only place where an error becomes a response (RFC 9457, RFC 9209)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from email.utils import formatdate
from http import HTTPStatus

import orjson

from gateway.errors import NoEndpoint, WeirError
from policies.error_pages.page import ErrorPage

REASONS: dict[int, bytes] = {status.value: status.phrase.encode() for status in HTTPStatus}
PROBLEM = b"application/problem+json"
RETRY_AFTER_S = 1
"""What a 503 or 429 of Weir's own asks for: overload and lost endpoints pass in about that time."""


class DateClock:
    """The `Date` header line, formatted once per second."""

    __slots__ = ("_line", "_second")

    def __init__(self) -> None:
        self._second = -1
        self._line = b""

    def line(self, unix_s: float) -> bytes:
        """`date: ...` with CRLF, for the second of `unix_s` (RFC 9110 6.6.1)."""
        second = int(unix_s)
        if second != self._second:
            self._second = second
            self._line = b"date: " + formatdate(second, usegmt=True).encode() + b"\r\n"
        return self._line


def status_line(status: int, reason: bytes | None = None) -> bytes:
    """`HTTP/1.1 404 Not Found` with CRLF."""
    return b"HTTP/1.1 %d %b\r\n" % (status, REASONS.get(status, b"") if reason is None else reason)


def error_reply(
    error: WeirError,
    *,
    server: bytes,
    date: bytes,
    request_id: bytes,
    close: bool,
    bodiless: bool,
    added: Sequence[bytes] = (),
    page: ErrorPage | None = None,
) -> bytes:
    """A whole response for `error`: problem details as body, the cause in `proxy-status`, the id for whoever asks.

    `bodiless` leaves the body out and keeps its length, as an answer to HEAD must (RFC 9110 9.3.2). What a client is
    told is the status' own phrase, and the reason only where it is at fault: addresses of endpoints stay inside.
    `added` are further header lines, each with CRLF. `page` takes the place of the problem details.
    """
    status = error.status
    body = _problem(error, request_id) if page is None else page.body
    lines = [
        status_line(status),
        b"server: ",
        server or b"weir",
        b"\r\n",
        date,
        b"content-type: %b\r\ncontent-length: %d\r\n" % (PROBLEM if page is None else page.content_type, len(body)),
        b"proxy-status: weir; error=%b\r\n" % error.proxy_error.encode(),
    ]
    if request_id:
        lines.append(b"x-request-id: %b\r\n" % request_id)
    if status in (429, 503) and not any(line[:12].lower() == b"retry-after:" for line in added):
        wait_s = math.ceil(error.retry_after_s) if isinstance(error, NoEndpoint) else RETRY_AFTER_S
        lines.append(b"retry-after: %d\r\n" % max(wait_s, RETRY_AFTER_S))
    if status == 405:
        lines.append(b"allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n")
    lines += added
    if close:
        lines.append(b"connection: close\r\n")
    lines.append(b"\r\n")
    if not bodiless:
        lines.append(body)
    return b"".join(lines)


def _problem(error: WeirError, request_id: bytes) -> bytes:
    """Problem details (RFC 9457)."""
    return orjson.dumps(
        {
            "type": "about:blank",
            "title": REASONS.get(error.status, b"Error").decode(),
            "status": error.status,
            "detail": error.told,
            "requestId": request_id.decode("latin-1"),
        }
    )


def redirect_reply(
    status: int,
    location: bytes,
    *,
    server: bytes,
    date: bytes,
    request_id: bytes,
    close: bool,
    added: Sequence[bytes] = (),
    dropped: AbstractSet[bytes] = frozenset(),
) -> bytes:
    """A redirect with an empty body; `added` are further header lines, each with CRLF.

    Of the lines that are Weir's own, those named in `dropped` (lower-case) are left out.
    """
    own = (
        (b"server", b"server: %b\r\n" % (server or b"weir")),
        (b"date", date),
        (b"location", b"location: %b\r\n" % location),
        (b"x-request-id", b"x-request-id: %b\r\n" % request_id if request_id else b""),
    )
    return b"".join(
        (
            status_line(status),
            *(line for name, line in own if name not in dropped),
            b"content-length: 0\r\n",
            *added,
            b"connection: close\r\n" if close else b"",
            b"\r\n",
        )
    )


def answer_reply(
    status: int,
    added: Sequence[bytes],
    body: bytes,
    *,
    server: bytes,
    date: bytes,
    request_id: bytes,
    close: bool,
    bodiless: bool,
) -> bytes:
    """What a policy answers in the backend's place. A 204 or 304 has neither body nor length (RFC 9110 8.6)."""
    without = status in (204, 304)
    return b"".join(
        (
            status_line(status),
            b"server: %b\r\n" % (server or b"weir"),
            date,
            *added,
            b"" if without else b"content-length: %d\r\n" % len(body),
            b"x-request-id: %b\r\n" % request_id if request_id else b"",
            b"connection: close\r\n" if close else b"",
            b"\r\n",
            b"" if without or bodiless else body,
        )
    )
