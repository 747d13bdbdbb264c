"""How the answer of an endpoint is framed for this client, and its head rendered (RFC 9112 6, RFC 9110 7.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.hot.head import RequestHead, ResponseHead
from gateway.hot.writer import HeadWriter
from gateway.http.forwarding import via_line
from policies.cors.exposed import exposing_line

if TYPE_CHECKING:
    from policies.chain import WeightedPlan
    from policies.reshaping import BodyChange
    from policies.subject import Subject


_NOTHING: frozenset[bytes] = frozenset()


def switches_protocol(request: RequestHead, answer: ResponseHead) -> bool:
    """Whether raw bytes follow on the connection: after a 101, and after a 2xx to CONNECT (RFC 9110 9.3.6, 15.2.2)."""
    return answer.status == 101 or (200 <= answer.status < 300 and request.method == b"CONNECT")


class ResponseFraming:
    """How the body of an answer ends for the client that made `request`.

    A body of unknown length goes in chunks to a 1.1 client (`chunked`), and up to the close to a 1.0 one
    (`until_close`). `switches`: the connection becomes a tunnel. `keep_alive`: it may carry another request. The length
    of `change`, where a policy makes one, goes before that of the answer.
    """

    __slots__ = ("chunked", "client_minor", "keep_alive", "switches", "until_close")

    def __init__(self, request: RequestHead, answer: ResponseHead, change: BodyChange | None = None) -> None:
        self.client_minor = request.version_minor
        self.switches = switches_protocol(request, answer)
        length = answer.content_length if change is None else change.length
        unknown_length = answer.has_body and length < 0 and not self.switches
        self.chunked = unknown_length and self.client_minor == 1
        self.until_close = unknown_length and not self.chunked
        self.keep_alive = not self.until_close and not self.switches


def render_response(
    out: HeadWriter,
    answer: ResponseHead,
    framing: ResponseFraming,
    choice: WeightedPlan,
    via: bytes,
    date: bytes,
    subject: Subject | None,
) -> bytes:
    """The head as the client gets it: the endpoint's fields less hop-by-hop ones, edited by filters and policies.

    `out` is used to put it together.
    """
    drop = choice.response_drop_via if via else choice.response_drop
    if subject is not None and subject.response_drop:
        drop = drop | subject.response_drop
    answer.copy_to(out, start_line_of(answer), drop)
    if subject is not None:
        for line in subject.response_lines:
            out.put(line)
        for name, line in subject.response_absent:
            # What a filter sets or removes is what it should be.
            if name not in drop and answer.get(name) is None:
                out.put(line)
        if subject.exposes_all:
            out.put(exposing_line(answer.items(), drop))
    if choice.response_extra:
        out.put(choice.response_extra)
    if via:
        via_line(out, via, answer.version_minor, answer)
    if not answer.has_date:
        out.put(date)
    if framing.chunked:
        out.put(b"transfer-encoding: chunked\r\n")
    if framing.switches:
        if answer.upgrade:
            out.put(b"connection: upgrade\r\nupgrade: %b\r\n" % answer.upgrade)
    elif not framing.keep_alive:
        out.put(b"connection: close\r\n")
    elif framing.client_minor == 0:
        out.put(b"connection: keep-alive\r\n")
    out.put(b"\r\n")
    return out.take()


def render_interim(out: HeadWriter, answer: ResponseHead) -> bytes:
    """The head of a 1xx answer: as it came, less hop-by-hop fields."""
    answer.copy_to(out, start_line_of(answer), _NOTHING)
    out.put(b"\r\n")
    return out.take()


def start_line_of(answer: ResponseHead) -> bytes:
    """The status line for the client, or an empty one where that of the endpoint is fit to go on as it stands."""
    if answer.version_minor and answer.reason:
        return b""
    return b"HTTP/1.1 %d %b\r\n" % (answer.status, answer.reason)
