"""HTTP/1.0 and 1.1 without I/O: bytes in, heads, body parts and ends of messages out, for both sides.

One message at a time: what comes behind the end of a request waits, unparsed, until `next_message` asks for it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias

from gateway.errors import ClientGone, LimitExceeded, ProtocolError, UpstreamProtocolError, UpstreamReset
from gateway.hot.chunk import ChunkScanner, chunk_parts, encode_chunk, encode_last_chunk
from gateway.hot.head import RequestHead, ResponseHead, scan_request, scan_response
from gateway.hot.limits import HeadLimits

__all__ = [
    "END",
    "EndOfMessage",
    "Event",
    "Http1ClientCodec",
    "Http1ServerCodec",
    "chunk_parts",
    "encode_chunk",
    "encode_last_chunk",
]

LINE_SLACK_BYTES = 64
"""What a request line may have besides method and target, generously: only a line past it is refused before its end."""


class EndOfMessage:
    """The message is complete; `trailers` came behind a chunked body, in order, forbidden ones dropped."""

    __slots__ = ("trailers",)

    def __init__(self, trailers: list[tuple[bytes, bytes]]) -> None:
        self.trailers = trailers

    def __repr__(self) -> str:
        return f"EndOfMessage({self.trailers!r})"


END = EndOfMessage([])

Event: TypeAlias = RequestHead | ResponseHead | bytes | EndOfMessage


class State(IntEnum):
    """What the next byte belongs to."""

    HEAD = 0
    LENGTH = 1
    CHUNKED = 2
    UNTIL_CLOSE = 3
    ENDED = 4
    SWITCHED = 5
    FAILED = 6


_HEAD, _LENGTH, _CHUNKED, _UNTIL_CLOSE, _ENDED, _SWITCHED, _FAILED = State


class PartialHead:
    """The bytes of a head that is not complete yet: each octet is looked at once, however few come at a time."""

    __slots__ = ("_lines", "_octets", "_scanned", "_skips_empty_line")

    def __init__(self, *, skips_empty_line: bool) -> None:
        self._octets = bytearray()
        self._scanned = 0
        self._lines = 0
        self._skips_empty_line = skips_empty_line

    def __len__(self) -> int:
        return len(self._octets)

    def clear(self) -> None:
        """Forget them."""
        self._octets.clear()
        self._scanned = 0
        self._lines = 0

    def add(self, data: bytes, limits: HeadLimits) -> bytes | None:
        """Take more in; all that came so far once there is a whole head in it, else None.

        Raises:
            ProtocolError: a line ends in a bare LF, or there is an empty line where none may be.
            LimitExceeded: it is too long already, whatever follows.
        """
        octets = self._octets
        octets += data
        if octets[0] == 0x0D and len(octets) > 1 and self._skips_empty_line and octets[1] == 0x0A:
            # RFC 9112 2.2: one empty line before a request line is forgiven, once.
            del octets[:2]
            self._skips_empty_line = False
            if not octets:
                return None
        if octets[0] == 0x0D and (len(octets) > 1 or not self._skips_empty_line):
            raise ProtocolError("an empty line where a message should begin (RFC 9112 2.2)")
        found = octets.find(b"\n", self._scanned)
        while found >= 0:
            if found == 0 or octets[found - 1] != 0x0D:
                raise ProtocolError("a bare LF in a message head (RFC 9112 2.2)")
            if found >= 3 and octets[found - 3] == 0x0D and octets[found - 2] == 0x0A:
                whole = bytes(octets)
                self.clear()
                return whole
            self._lines += 1
            found = octets.find(b"\n", found + 1)
        self._scanned = len(octets)
        if len(octets) > limits.header_bytes:
            raise LimitExceeded(f"a head of more than {limits.header_bytes} octets", 431, "limits.headerBytes")
        if self._lines > limits.header_count + 1:
            raise LimitExceeded(f"more than {limits.header_count} header fields", 431, "limits.headerCount")
        if self._lines == 0 and len(octets) > limits.uri_bytes + limits.method_bytes + LINE_SLACK_BYTES:
            raise LimitExceeded("a start line that does not end", 414, "limits.uriBytes")
        return None


class Http1ServerCodec:
    """Parses what a client sends. After an error nothing more is taken: the connection is to be closed."""

    __slots__ = ("_chunks", "_left", "_limits", "_more", "_more_bytes", "_partial", "_pos", "_rest", "_state")

    def __init__(self, limits: HeadLimits) -> None:
        self._limits = limits
        self._state = _HEAD
        self._left = 0
        self._chunks: ChunkScanner | None = None
        self._partial: PartialHead | None = None
        self._rest = b""
        self._pos = 0
        self._more: list[bytes] = []
        self._more_bytes = 0

    @property
    def buffered(self) -> int:
        """Bytes held: an incomplete head, or what came behind the end of the message."""
        partial = self._partial
        return len(self._rest) - self._pos + self._more_bytes + (len(partial) if partial is not None else 0)

    def receive(self, data: bytes) -> list[Event]:
        """The events of the message under way that `data` completes; what lies behind its end is kept.

        Raises:
            ProtocolError: with the status to answer; events of the same bytes are withheld, as they are not to be
                acted upon.
            LimitExceeded: likewise.
        """
        if self._state == _ENDED:
            self._more.append(data)
            self._more_bytes += len(data)
            return []
        return self._parse(data, 0) if data else []

    def next_message(self) -> list[Event]:
        """Go on to the next message, once the one before has ended; its events so far. Raises as `receive` does."""
        if self._state != _ENDED:
            return []
        self._state = _HEAD
        self._chunks = None
        rest, pos = self._rest, self._pos
        if self._more:
            rest, pos = b"".join((rest[pos:], *self._more)), 0
            self._more.clear()
            self._more_bytes = 0
        self._rest, self._pos = b"", 0
        return self._parse(rest, pos) if pos < len(rest) else []

    def trailing_data(self) -> bytes:
        """The bytes behind the end of the message, handed over: for a connection that switches protocols."""
        data = b"".join((self._rest[self._pos :], *self._more))
        self._rest, self._pos = b"", 0
        self._more.clear()
        self._more_bytes = 0
        return data

    def receive_eof(self) -> None:
        """The client sends no more. Raises ClientGone where that cuts a message short."""
        if self._state == _ENDED or self._state == _FAILED:
            return
        if self._state != _HEAD or self.buffered:
            self._state = _FAILED
            raise ClientGone("the client closed in the middle of its request")

    def _parse(self, data: bytes, pos: int) -> list[Event]:
        state = self._state
        if state == _LENGTH:
            return self._length_body(data, pos, [])
        if state == _CHUNKED:
            return self._guarded_chunks(data, pos, [])
        if state == _FAILED:
            raise ProtocolError("bytes behind an error")
        limits = self._limits
        self._state = _FAILED
        if self._partial is not None or data[pos] == 0x0D:
            if self._partial is None:
                self._partial = PartialHead(skips_empty_line=True)
            whole = self._partial.add(data[pos:] if pos else data, limits)
            if whole is None:
                self._state = _HEAD
                return []
            self._partial = None
            data, pos = whole, 0
        head = scan_request(data, pos, limits.header_bytes, limits.header_count, limits.uri_bytes, limits.method_bytes)
        if head is None:
            self._partial = PartialHead(skips_empty_line=False)
            self._partial.add(data[pos:] if pos else data, limits)
            self._state = _HEAD
            return []
        pos += head.size
        if not head.has_body:
            self._state = _ENDED
            if pos < len(data):
                self._rest, self._pos = data, pos
            return [head, END]
        if head.chunked:
            self._chunks = ChunkScanner(limits.header_bytes, limits.header_count)
            return self._guarded_chunks(data, pos, [head])
        self._state = _LENGTH
        self._left = head.content_length
        return self._length_body(data, pos, [head])

    def _length_body(self, data: bytes, pos: int, events: list[Event]) -> list[Event]:
        available = len(data) - pos
        if available < self._left:
            if available:
                self._left -= available
                events.append(data[pos:])
            return events
        end = pos + self._left
        events.append(data[pos:end])
        events.append(END)
        self._state = _ENDED
        self._left = 0
        if end < len(data):
            self._rest, self._pos = data, end
        return events

    def _guarded_chunks(self, data: bytes, pos: int, events: list[Event]) -> list[Event]:
        chunks = self._chunks
        assert chunks is not None
        self._state = _FAILED
        pos = chunks.feed(data, pos, events)
        if not chunks.done:
            self._state = _CHUNKED
            return events
        events.append(EndOfMessage(chunks.trailers) if chunks.trailers else END)
        self._state = _ENDED
        if pos < len(data):
            self._rest, self._pos = data, pos
        return events


class Http1ClientCodec:
    """Parses what an endpoint answers, one answer for each `expect`."""

    __slots__ = ("_chunks", "_left", "_limits", "_method", "_partial", "_state", "_trailing", "keep_alive")

    def __init__(self, limits: HeadLimits) -> None:
        self._limits = limits
        self._state = _ENDED
        self._method = b""
        self._left = 0
        self._chunks: ChunkScanner | None = None
        self._partial: PartialHead | None = None
        self._trailing = b""
        self.keep_alive = True
        """Whether the connection may carry another request: False too after bytes that no request asked for."""

    def expect(self, method: bytes) -> None:
        """A request with `method` goes out: its answer is next. The one before must have ended."""
        assert self._state == _ENDED, "the answer before has not ended"
        self._method = method
        self._state = _HEAD

    def receive(self, data: bytes) -> list[Event]:
        """The events that `data` completes: informational heads, the final head, body parts, the end.

        Bytes behind the end of an answer make `keep_alive` False; those that come on their own raise.

        Raises:
            UpstreamProtocolError: the bytes are no answer that HTTP/1 or Weir allows, or nobody asked for one.
        """
        if not data:
            return []
        if self._state == _SWITCHED:
            self._trailing += data
            return []
        if self._state == _ENDED or self._state == _FAILED:
            self._state = _FAILED
            self.keep_alive = False
            raise UpstreamProtocolError("bytes that no request asked for")
        events: list[Event] = []
        try:
            self._parse(data, events)
        except ProtocolError as error:
            self._state = _FAILED
            self.keep_alive = False
            raise UpstreamProtocolError(str(error)) from error
        return events

    def receive_eof(self) -> list[Event]:
        """The endpoint sends no more: ends an answer that is delimited by the close.

        Raises:
            UpstreamReset: an answer is missing, or cut short.
        """
        self.keep_alive = False
        state = self._state
        if state == _UNTIL_CLOSE:
            self._state = _ENDED
            return [END]
        if state in (_ENDED, _SWITCHED, _FAILED):
            return []
        self._state = _FAILED
        if state == _HEAD and self._partial is None:
            raise UpstreamReset("the endpoint closed the connection before an answer")
        raise UpstreamReset("the endpoint closed the connection in the middle of its answer")

    def trailing_data(self) -> bytes:
        """The bytes behind a head that switched protocols, handed over."""
        data, self._trailing = self._trailing, b""
        return data

    def _parse(self, data: bytes, events: list[Event]) -> None:
        pos = 0
        end = len(data)
        limits = self._limits
        while pos < end:
            state = self._state
            if state == _HEAD:
                if self._partial is not None:
                    whole = self._partial.add(data[pos:] if pos else data, limits)
                    if whole is None:
                        return
                    self._partial = None
                    data, pos, end = whole, 0, len(whole)
                head = scan_response(data, pos, limits.header_bytes, limits.header_count, self._method)
                if head is None:
                    self._partial = PartialHead(skips_empty_line=False)
                    self._partial.add(data[pos:] if pos else data, limits)
                    return
                pos += head.size
                events.append(head)
                self._begin_body(head, events)
            elif state == _LENGTH:
                take = min(end - pos, self._left)
                events.append(data[pos : pos + take])
                pos += take
                self._left -= take
                if not self._left:
                    self._end(END, events)
            elif state == _CHUNKED:
                chunks = self._chunks
                assert chunks is not None
                pos = chunks.feed(data, pos, events)
                if chunks.done:
                    self._end(EndOfMessage(chunks.trailers) if chunks.trailers else END, events)
            elif state == _UNTIL_CLOSE:
                events.append(data[pos:])
                return
            elif state == _SWITCHED:
                self._trailing += data[pos:]
                return
            else:
                # Nobody asked for these: the answer stands, and the connection is not trusted with another.
                self._state = _FAILED
                self.keep_alive = False
                return

    def _begin_body(self, head: ResponseHead, events: list[Event]) -> None:
        status = head.status
        if status < 200 and status != 101:
            return
        self.keep_alive = head.keep_alive
        if status == 101 or (self._method == b"CONNECT" and status < 300):
            self._state = _SWITCHED
            self.keep_alive = False
        elif not head.has_body:
            self._end(END, events)
        elif head.chunked:
            self._chunks = ChunkScanner(self._limits.header_bytes, self._limits.header_count)
            self._state = _CHUNKED
        elif head.content_length >= 0:
            self._left = head.content_length
            self._state = _LENGTH
        else:
            self._state = _UNTIL_CLOSE

    def _end(self, end: EndOfMessage, events: list[Event]) -> None:
        events.append(end)
        self._chunks = None
        self._state = _ENDED
