"""Strategies for requests and answers, good and nearly good, and the two oracles that judge them."""

from __future__ import annotations

import h11
import httptools
from hypothesis import strategies as st

from gateway.codec.http1 import EndOfMessage, Event, Http1ServerCodec
from gateway.errors import ProtocolError
from gateway.hot.head import RequestHead
from gateway.hot.limits import HeadLimits

LIMITS = HeadLimits(header_bytes=4096, header_count=30, uri_bytes=1024)

METHODS = st.sampled_from([b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"DELETE"])
TARGETS = st.sampled_from([b"/", b"/a/b?c=d", b"http://h/x", b"/%20", b"/a?b|c", b"*", b"/\\", b"/#f", b"", b"x"])
VERSIONS = st.sampled_from([b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"http/1.1"])
ENDS = st.sampled_from([b"\r\n"] * 30 + [b"\n", b"\r", b"\r\r\n"])
LINES = st.sampled_from(
    [b"Host: h"] * 6
    + [b"Accept: */*", b"X-A:", b"X-B: \xe4 ", b"Connection: close", b"Connection: keep-alive, x-a",
       b"TE: trailers"] * 2
    + [b"Content-Length: 5", b"Content-Length: 0", b"Transfer-Encoding: chunked"] * 2
    + [b"Content-Length: +5", b"Content-Length: 5, 5", b"Content-Length: 0x5", b"Content-Length : 5"]
    + [b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding:\x0bchunked"]
    + [b"Transfer-Encoding : chunked", b" folded", b": none", b"no colon", b"X\x00: 1", b"X: \x00", b"X: a\rb",
       b"X@: 1"]
)  # fmt: skip
BODIES = st.sampled_from(
    [b""] * 2
    + [b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n", b"5;a\nhello\r\n0\r\n\r\n"]
    + [b"5 \r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n"]
    + [b"-5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffffff\r\nhello", b"0\r\nContent-Length: 3\r\n\r\n", b"0\r\n\n"]
)  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request that may be wrong in several ways."""
    lines = [draw(st.just(b"Host: h"))] if draw(st.integers(0, 5)) else []
    lines += draw(st.lists(LINES.filter(lambda line: line != b"Host: h"), max_size=4))
    start = b"%b %b %b" % (draw(METHODS), draw(TARGETS), draw(VERSIONS))
    parts = [line + draw(ENDS) for line in (start, *lines)]
    return b"".join(parts) + draw(ENDS) + draw(BODIES)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A request with some octets changed, taken out or put in."""
    raw = bytearray(draw(requests()))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(raw) - 1)) if raw else 0
        raw[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(raw)


@st.composite
def pieces(draw: st.DrawFn, raw: bytes) -> list[bytes]:
    """`raw` cut anywhere."""
    cuts = sorted(draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    return [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]


def outcome(parts: list[bytes]) -> tuple[list[object], bool]:
    """What Weir makes of the first request: its head, joined body and trailers; and whether it refuses it."""
    codec = Http1ServerCodec(LIMITS)
    events: list[Event] = []
    refused = False
    for part in parts:
        try:
            events += codec.receive(part)
        except ProtocolError:
            refused = True
            break
    seen: list[object] = []
    body = b""
    for event in events:
        if isinstance(event, RequestHead):
            seen.append((event.method, event.target, event.version_minor, event.items()))
        elif isinstance(event, EndOfMessage):
            seen += [body, event.trailers]
        else:
            assert isinstance(event, bytes)
            body += event
    if not any(isinstance(event, EndOfMessage) for event in events) and body:
        seen.append(body)
    return seen, refused


class _FirstMessage:
    def __init__(self) -> None:
        self.complete = False

    def on_message_complete(self) -> None:
        self.complete = True


def httptools_refuses(raw: bytes) -> str:
    """Why llhttp, as httptools sets it up, refuses the first request of `raw`: the name of its error, or nothing."""
    first = _FirstMessage()
    parser = httptools.HttpRequestParser(first)
    try:
        for octet in raw:
            parser.feed_data(bytes([octet]))
            if first.complete:
                return ""
    except httptools.HttpParserUpgrade:
        return ""
    except httptools.HttpParserError as error:
        return "" if first.complete else type(error).__name__
    return ""


def h11_refuses(raw: bytes) -> bool:
    """Whether h11 refuses the first request of `raw`."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(raw)
    try:
        while True:
            event = connection.next_event()
            if event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.EndOfMessage):
                return False
    except h11.RemoteProtocolError:
        return True
