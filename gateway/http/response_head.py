"""How the answer of an endpoint is framed for this client, and its head rendered (RFC 9112 6, RFC 9110 7.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.codec.http1 import RequestHead, ResponseHead
from gateway.http.forwarding import via_line

if TYPE_CHECKING:
    from policies.chain import WeightedPlan


class ResponseFraming:
    """How the body of an answer ends for this client.

    `chunked`: in chunks; `until_close`: only the close ends it; `keep_alive`: the connection lives on; `switches`: it
    becomes a tunnel.
    """

    __slots__ = ("chunked", "client_minor", "keep_alive", "switches", "until_close")

    def __init__(
        self, *, chunked: bool, until_close: bool, keep_alive: bool, switches: bool, client_minor: int
    ) -> None:
        self.chunked = chunked
        self.until_close = until_close
        self.keep_alive = keep_alive
        self.switches = switches
        self.client_minor = client_minor

    @classmethod
    def of(cls, request: RequestHead, answer: ResponseHead, *, keep_alive: bool, switches: bool) -> ResponseFraming:
        """A body of unknown length goes in chunks to a 1.1 client, and up to the close to a 1.0 one."""
        unknown_length = answer.has_body and answer.content_length < 0 and not switches
        chunked = unknown_length and request.version_minor == 1
        until_close = unknown_length and not chunked
        return cls(
            chunked=chunked,
            until_close=until_close,
            keep_alive=keep_alive and not until_close,
            switches=switches,
            client_minor=request.version_minor,
        )


def render_response(
    answer: ResponseHead, framing: ResponseFraming, choice: WeightedPlan, via: bytes, date: bytes
) -> bytes:
    """The head as the client gets it: the endpoint's fields less hop-by-hop ones, edited by the route's filters."""
    lines: list[bytes] = []
    drop = choice.response_drop
    if choice.response_extra:
        lines.append(choice.response_extra)
    if via:
        lines.append(via_line(via, answer.version_minor, answer.get_all(b"via")))
        drop = choice.response_drop_via
    if answer.get(b"date") is None:
        lines.append(date)
    if framing.chunked:
        lines.append(b"transfer-encoding: chunked\r\n")
    if framing.switches:
        if answer.upgrade:
            lines.append(b"connection: upgrade\r\nupgrade: %b\r\n" % answer.upgrade)
    elif not framing.keep_alive:
        lines.append(b"connection: close\r\n")
    elif framing.client_minor == 0:
        lines.append(b"connection: keep-alive\r\n")
    return answer.render(b"HTTP/1.1 %d %b\r\n" % (answer.status, answer.reason), drop, b"".join(lines))
