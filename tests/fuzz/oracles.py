"""Two other HTTP/1 parsers, httptools (llhttp) and h11, asked what they make of the same bytes.

Where Weir takes a message they must take it too and read the same in it: the same target, fields, body and end. A
difference in the end of a message is how requests are smuggled. `tests/props/differences.py` lists what is reviewed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import h11
import httptools

from tests.fuzz.outcomes import Outcome
from tests.props.differences import WEIR_REFUSES, WEIR_TAKES

_OWN_BOUNDS = re.compile(r"more than \d+ octets")
"""Bounds that have no configured limit: the method, chunk extensions."""
_FRAMING = re.compile("Transfer-Encoding|Content-Length")
"""In the oracles' words for a field that would frame the message."""
IN_TRAILER = "framing in a trailer"
_REVIEWED = re.compile("|".join(WEIR_REFUSES))
_OWN_SIZE_LIMIT = 1 << 20
"""h11's bound on a head, past every bound of the fuzz targets."""

Pair = tuple[bytes, bytes]


@dataclass(slots=True)
class Reading:
    """What an oracle reads as the first message; `refused` is the reason why it does not take it, else empty.

    `upgraded` where it ends with its head, as far as the oracle goes: the rest would be another protocol.
    """

    refused: str = ""
    complete: bool = False
    upgraded: bool = False
    start: tuple[object, ...] = ()
    fields: list[Pair] = field(default_factory=list)
    body: bytes = b""


def refusal_needs_review(reason: str) -> bool:
    """Whether Weir's reason is neither one of its own bounds nor on the list of what it alone refuses."""
    return not _OWN_BOUNDS.search(reason) and not _REVIEWED.search(reason)


def httptools_refuses_request(data: bytes) -> str:
    """Why llhttp refuses the first request of `data`, which may end within its head; empty where it does not."""
    return _httptools_request(data).refused or _httptools_request(data + b"\r\n\r\n").refused


def h11_refuses_request(data: bytes) -> str:
    """Why h11 does, likewise."""
    return _h11_request(data).refused or _h11_request(data + b"\r\n\r\n").refused


def judge_request(data: bytes, whole: Outcome) -> None:
    """The first request of `data` as the oracles read it. Raises AssertionError where that is not `whole`'s."""
    mine = _first_message(whole, ("target",))
    _same("httptools", data, mine, _httptools_request(data))
    # RFC 9112 2.2: a server should forgive one empty line before a request line, which h11 does not.
    _same("h11", data, mine, _h11_request(data.removeprefix(b"\r\n")))


def judge_answer(method: bytes, data: bytes, whole: Outcome, *, eof: bool) -> None:
    """The answer to `method` in `data`, behind which the endpoint closes where `eof`, likewise."""
    mine = _first_message(whole, ("status",))
    _same("h11", data, mine, _h11_answer(method, data, eof=eof))


def _first_message(whole: Outcome, names: tuple[str, ...]) -> Reading:
    reading = Reading()
    for fact in whole.facts:
        if fact[0] == "body":
            assert isinstance(fact[1], bytes)
            reading.body = fact[1]
        elif fact[0] == "end":
            reading.complete = True
            break
        else:
            _, data, items, _, _ = fact
            known = dict(data)  # type: ignore[call-overload]
            reading.start = tuple(known[name] for name in names)
            reading.fields = list(items)  # type: ignore[call-overload]
    return reading


def _same(name: str, data: bytes, mine: Reading, theirs: Reading) -> None:
    if theirs.refused in WEIR_TAKES:
        return
    assert not theirs.refused, f"{name} refuses {data!r}: {theirs.refused}"
    assert theirs.complete, f"{name} waits for more behind {data!r}"
    assert theirs.start == mine.start, f"{name} reads {theirs.start}, Weir {mine.start} in {data!r}"
    fields, own = _comparable(theirs.fields), _comparable(mine.fields)
    assert fields == own, f"{name} reads {fields}, Weir {own} in {data!r}"
    # RFC 9110 7.8: the body of a request to upgrade comes before any switch; httptools leaves off behind the head.
    assert theirs.upgraded or theirs.body == mine.body, f"{name} reads {theirs.body!r}, Weir {mine.body!r} in {data!r}"


def _comparable(fields: list[Pair]) -> list[Pair]:
    """With names in lower case, and the coding, which h11 hands on like that."""
    lowered = [(name.lower(), value) for name, value in fields]
    return [(name, value.lower() if name == b"transfer-encoding" else value) for name, value in lowered]


class _Collector:
    """httptools' callbacks for the first message."""

    def __init__(self) -> None:
        self.reading = Reading()
        self._url = b""
        self.in_trailers = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.in_trailers and not self.reading.complete:
            self.reading.fields.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        if not self.reading.complete:
            self.reading.start = (self._url,)
            self.in_trailers = True

    def on_body(self, body: bytes) -> None:
        if not self.reading.complete:
            self.reading.body += body

    def on_message_complete(self) -> None:
        self.reading.complete = True


def _httptools_request(data: bytes) -> Reading:
    collector = _Collector()
    parser = httptools.HttpRequestParser(collector)
    try:
        for at in range(len(data)):
            parser.feed_data(data[at : at + 1])
            if collector.reading.complete:
                break
    except httptools.HttpParserUpgrade:
        collector.reading.complete = collector.reading.upgraded = True
    except httptools.HttpParserError as error:
        if not collector.reading.complete:
            framing = collector.in_trailers and _FRAMING.search(str(error))
            collector.reading.refused = IN_TRAILER if framing else type(error).__name__
    return collector.reading


def _h11_request(data: bytes) -> Reading:
    return _h11(h11.Connection(h11.SERVER, max_incomplete_event_size=_OWN_SIZE_LIMIT), data)


def _h11_answer(method: bytes, data: bytes, *, eof: bool) -> Reading:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_OWN_SIZE_LIMIT)
    connection.send(h11.Request(method=method, target="h:1" if method == b"CONNECT" else "/", headers=[("host", "h")]))
    connection.send(h11.EndOfMessage())
    return _h11(connection, data, eof=eof)


def _h11(connection: h11.Connection, data: bytes, *, eof: bool = False) -> Reading:
    reading = Reading()
    connection.receive_data(data)
    if eof:
        connection.receive_data(b"")
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                return reading
            if event is h11.PAUSED or isinstance(event, h11.EndOfMessage):
                reading.complete = True
                return reading
            if isinstance(event, h11.Request):
                reading.start, reading.fields = (event.target,), list(event.headers)
            elif isinstance(event, h11.Response | h11.InformationalResponse):
                reading.start, reading.fields = (event.status_code,), list(event.headers)
            elif isinstance(event, h11.Data):
                reading.body += bytes(event.data)
    except h11.RemoteProtocolError as error:
        framing = reading.start and _FRAMING.search(str(error))
        reading.refused = IN_TRAILER if framing else str(error) or type(error).__name__
        return reading
