"""HTTP/1.0 and 1.1, sans-I/O: bytes in, events and bytes out, for a server's and a client's side (RFC 9112).

One message is read at a time. The server's codec keeps what follows until `next_message`; the client's refuses it, as
nobody asked for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import LimitExceeded, ProtocolError, UpstreamProtocolError, UpstreamReset
from gateway.hot.head import TOKEN_TABLE, VALUE_TABLE, FieldSection, HeadLimits, RequestHead, ResponseHead

__all__ = [
    "END",
    "EndOfMessage",
    "Event",
    "HeadLimits",
    "Http1ClientCodec",
    "Http1ServerCodec",
    "RequestHead",
    "ResponseHead",
    "encode_chunk",
    "encode_last_chunk",
]

MAX_CHUNK_LINE_BYTES = 1024
"""Size and extensions of one chunk; extensions are dropped, and nobody sends long ones but to waste memory."""
MAX_EXTENSION_BYTES = 16 * 1024
"""Chunk extensions of a whole message: one-byte chunks with long extensions cost more than they carry."""
MAX_SIZE_DIGITS = 15
"""Hex digits of a chunk size: up to 2^60 - 1."""

# Fields that must not come in trailers, as they would change framing, routing or the meaning of what was acted on
# already (RFC 9110 6.5.1): dropped, the rest is passed on.
_FORBIDDEN_TRAILERS = frozenset(
    (
        b"authorization",
        b"cache-control",
        b"connection",
        b"content-encoding",
        b"content-length",
        b"content-range",
        b"content-type",
        b"cookie",
        b"expect",
        b"host",
        b"keep-alive",
        b"max-forwards",
        b"proxy-authorization",
        b"proxy-connection",
        b"set-cookie",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)

_HEAD = 0
_LENGTH = 1
_CHUNK_LINE = 2
_CHUNK_DATA = 3
_CHUNK_END = 4
_TRAILERS = 5
_UNTIL_CLOSE = 6
_DONE = 7
_RAW = 8

_HEX = {
    **{byte: byte - 48 for byte in b"0123456789"},
    **{byte: byte - 87 for byte in b"abcdef"},
    **{byte: byte - 55 for byte in b"ABCDEF"},
}


class EndOfMessage:
    """The message is complete; `trailers` are the fields behind its last chunk."""

    __slots__ = ("trailers",)

    def __init__(self, trailers: list[tuple[bytes, bytes]]) -> None:
        self.trailers = trailers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EndOfMessage) and other.trailers == self.trailers

    def __hash__(self) -> int:
        return hash(tuple(self.trailers))

    def __repr__(self) -> str:
        return f"EndOfMessage({self.trailers!r})"


END = EndOfMessage([])
Event = RequestHead | ResponseHead | bytes | EndOfMessage


def encode_chunk(data: bytes) -> bytes:
    """One chunk (RFC 9112 7.1); `data` must not be empty, as an empty chunk ends the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def encode_last_chunk(trailers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The last chunk, the trailers and the blank line."""
    if not trailers:
        return b"0\r\n\r\n"
    return b"0\r\n" + b"".join(b"%b: %b\r\n" % field for field in trailers) + b"\r\n"


class _Http1Codec:
    """What both sides share: the buffer and the body."""

    def __init__(self, limits: HeadLimits) -> None:
        self.limits = limits
        self._buffer = b""
        self._state = _HEAD
        # How far the buffer has been searched for the end of a head or line already.
        self._searched = 0
        self._remaining = 0
        self._extension_bytes = 0

    @property
    def buffered(self) -> int:
        """Bytes that wait: an unfinished head, or what follows a complete message."""
        return len(self._buffer)

    def trailing_data(self) -> bytes:
        """Take what came behind the head that switched protocols; raw bytes from now on."""
        data, self._buffer = self._buffer, b""
        self._state = _RAW
        return data

    def _begin_body(self, head: FieldSection) -> None:
        if head.chunked:
            self._state = _CHUNK_LINE
            self._extension_bytes = 0
        else:
            self._remaining = head.content_length
            self._state = _LENGTH

    def _head_end(self, data: bytes) -> int:
        """Where the blank line of the head in `data` begins, or -1 while it is not there."""
        limits = self.limits
        at = data.find(b"\r\n\r\n", max(0, self._searched - 3))
        if at < 0 or at + 4 > limits.header_bytes:
            _check_lines(data, self._searched, len(data) if at < 0 else at)
            if at >= 0 or len(data) > limits.header_bytes:
                if data.find(b"\r\n", 0, limits.uri_bytes + 64) < 0 and len(data) > limits.uri_bytes:
                    raise LimitExceeded(
                        f"the request target is longer than {limits.uri_bytes} bytes", 414, "limits.uriBytes"
                    )
                raise LimitExceeded(f"the head is larger than {limits.header_bytes} bytes", 431, "limits.headerBytes")
            self._searched = len(data)
            return -1
        self._searched = 0
        return at

    def _body(self, data: bytes, position: int, events: list[Event]) -> int:
        """Read body bytes of `data` from `position`; returns how far, with the state moved on."""
        length = len(data)
        while position < length:
            state = self._state
            if state == _LENGTH or state == _CHUNK_DATA:
                end = min(length, position + self._remaining)
                events.append(data if position == 0 and end == length else data[position:end])
                self._remaining -= end - position
                position = end
                if self._remaining:
                    return position
                if state == _LENGTH:
                    self._complete(END, events)
                    return position
                self._state = _CHUNK_END
            elif state == _CHUNK_END:
                if length - position < 2:
                    if data[position] != 13:
                        raise ProtocolError("a chunk is not followed by CRLF")
                    return position
                if data[position] != 13 or data[position + 1] != 10:
                    raise ProtocolError("a chunk is not followed by CRLF")
                position += 2
                self._state = _CHUNK_LINE
            elif state == _CHUNK_LINE:
                after = self._chunk_line(data, position)
                if after < 0:
                    return position
                position = after
                self._state = _CHUNK_DATA if self._remaining else _TRAILERS
            elif state == _TRAILERS:
                after = self._trailers(data, position, events)
                return position if after < 0 else after
            elif state == _UNTIL_CLOSE:
                events.append(data if position == 0 else data[position:])
                return length
            else:
                return position
        return position

    def _chunk_line(self, data: bytes, position: int) -> int:
        """Read `size [;extensions] CRLF`; -1 while it is not complete."""
        end = data.find(b"\n", position, position + MAX_CHUNK_LINE_BYTES)
        if end < 0:
            if len(data) - position >= MAX_CHUNK_LINE_BYTES:
                raise ProtocolError("a chunk size line that is too long")
            _check_size(data, position, len(data))
            return -1
        if end == position or data[end - 1] != 13:
            raise ProtocolError("a chunk size line that does not end with CRLF")
        after_digits = _check_size(data, position, end - 1)
        digits = data[position:after_digits]
        if not digits:
            raise ProtocolError("a chunk without a size")
        if after_digits < end - 1:
            self._extension_bytes += end - 1 - after_digits
            if self._extension_bytes > MAX_EXTENSION_BYTES:
                raise ProtocolError("too many chunk extensions")
        self._remaining = int(digits, 16)
        return end + 1

    def _trailers(self, data: bytes, position: int, events: list[Event]) -> int:
        """Read the trailer section; -1 while it is not complete."""
        if data[position : position + 2] == b"\r\n":
            self._complete(END, events)
            return position + 2
        at = data.find(b"\r\n\r\n", position)
        if at < 0 or at - position > self.limits.header_bytes:
            _check_lines(data, position, len(data) if at < 0 else at)
            if len(data) - position > self.limits.header_bytes:
                raise LimitExceeded(
                    f"the trailers are larger than {self.limits.header_bytes} bytes", 431, "limits.headerBytes"
                )
            return -1
        lines = FieldSection(data[position : at + 2], 0, at + 2 - position, self.limits)
        kept = [field for field in lines.items() if field[0].lower() not in _FORBIDDEN_TRAILERS]
        self._complete(EndOfMessage(kept) if kept else END, events)
        return at + 4

    def _complete(self, end: EndOfMessage, events: list[Event]) -> None:
        events.append(end)
        self._state = _DONE


class Http1ServerCodec(_Http1Codec):
    """The side of a connection that reads requests."""

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes of the client; returns what they complete, up to the end of the present message.

        Raises ProtocolError (400, 501, 505) or LimitExceeded (414, 431); the connection cannot go on after either.
        """
        if self._state == _DONE or self._state == _RAW:
            self._buffer += data
            return []
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        return self._parse(data)

    def next_message(self) -> list[Event]:
        """Go on with what was buffered behind a complete message."""
        if self._state == _DONE:
            self._state = _HEAD
            self._searched = 0
        data, self._buffer = self._buffer, b""
        return self._parse(data) if data else []

    def receive_eof(self) -> list[Event]:
        """The client closed its side. Raises ProtocolError in the middle of a message."""
        if self._state == _DONE or self._state == _RAW or (self._state == _HEAD and not self._buffer):
            return []
        raise ProtocolError("the connection ended in the middle of a request")

    def _parse(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        position = 0
        if self._state == _HEAD:
            # A blank line before a request line is an old browser's slip (RFC 9112 2.2); one is let pass.
            skip = 2 if data[:2] == b"\r\n" else 0
            if skip:
                data = data[skip:]
                self._searched = max(0, self._searched - skip)
            if data:
                _check_first_bytes(data)
            end = self._head_end(data) if data else -1
            if end < 0:
                self._buffer = data
                return events
            head = RequestHead(data[: end + 2], self.limits)
            events.append(head)
            position = end + 4
            if not head.has_body:
                self._complete(END, events)
            else:
                self._begin_body(head)
        if self._state != _DONE and position < len(data):
            position = self._body(data, position, events)
        if position < len(data):
            self._buffer = data[position:]
        return events


class Http1ClientCodec(_Http1Codec):
    """The side of a connection that reads answers; `expect` names the method of the request that is sent next."""

    def __init__(self, limits: HeadLimits) -> None:
        super().__init__(limits)
        self._state = _DONE
        self._method = b""
        self.keep_alive = True

    def expect(self, method: bytes) -> None:
        """A request of `method` is being sent."""
        self._method = method
        self._state = _HEAD
        self._searched = 0
        self.keep_alive = True

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes of the endpoint; raises UpstreamProtocolError."""
        if self._state == _RAW:
            self._buffer += data
            return []
        if self._state == _DONE:
            raise UpstreamProtocolError("bytes that no request asked for")
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        try:
            return self._parse(data)
        except ProtocolError as error:
            raise UpstreamProtocolError(str(error)) from error

    def receive_eof(self) -> list[Event]:
        """The endpoint closed: the end of a body that has no other, else UpstreamReset."""
        self.keep_alive = False
        if self._state == _UNTIL_CLOSE:
            self._state = _DONE
            return [END]
        if self._state == _DONE or self._state == _RAW:
            return []
        raise UpstreamReset("the endpoint closed the connection before the end of its answer")

    def _parse(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        position = 0
        while self._state == _HEAD:
            rest = data[position:] if position else data
            end = self._head_end(rest)
            if end < 0:
                self._buffer = rest
                return events
            head = ResponseHead(rest[: end + 2], self.limits, self._method)
            events.append(head)
            position += end + 4
            status = head.status
            if status == 101 or (self._method == b"CONNECT" and 200 <= status < 300):
                self._state = _RAW
                self.keep_alive = False
                self._buffer = data[position:]
                return events
            if status < 200:
                continue
            self.keep_alive = head.keep_alive
            if not head.has_body:
                self._complete(END, events)
            elif head.body_until_close:
                self._state = _UNTIL_CLOSE
            else:
                self._begin_body(head)
        if self._state != _DONE and position < len(data):
            position = self._body(data, position, events)
        if position < len(data):
            if self._state == _DONE:
                # The answer itself is whole; the connection that said more than was asked is not used again.
                self.keep_alive = False
                return events
            self._buffer = data[position:]
        return events


def _check_first_bytes(data: bytes) -> None:
    first = data[0]
    if not TOKEN_TABLE[first]:
        if first == 22:
            raise ProtocolError("a TLS handshake on a port that speaks plain HTTP")
        raise ProtocolError("the first byte is not that of an HTTP method")
    if data[:14] == b"PRI * HTTP/2.0":
        raise ProtocolError("an HTTP/2 preface on a port that speaks HTTP/1", 505)


def _check_lines(data: bytes, start: int, end: int) -> None:
    """Refuse bare CR, bare LF and control bytes in lines that are not complete yet: no point in waiting for more."""
    position = start
    while True:
        position = data.find(b"\n", position, end)
        if position < 0:
            break
        if position == 0 or data[position - 1] != 13:
            raise ProtocolError("a bare LF")
        position += 1
    if data.find(b"\x00", start, end) >= 0:
        raise ProtocolError("a NUL byte")
    position = data.find(b"\r", start, end - 1)
    while position >= 0:
        if data[position + 1] != 10:
            raise ProtocolError("a bare CR")
        position = data.find(b"\r", position + 1, end - 1)


def _check_size(data: bytes, start: int, end: int) -> int:
    """Where the hex digits from `start` end; what follows them must be extensions, or nothing."""
    position = start
    while position < end and data[position] in _HEX:
        position += 1
    if position - start > MAX_SIZE_DIGITS:
        raise ProtocolError("a chunk size that is too large")
    if position < end and data[position] != 59 and not (data[position] == 13 and position + 1 == len(data)):
        raise ProtocolError("a chunk size that is not hexadecimal")
    if position == start and position < end:
        raise ProtocolError("a chunk size that is not hexadecimal")
    for at in range(position, end):
        if not VALUE_TABLE[data[at]] and not (data[at] == 13 and at + 1 == len(data)):
            raise ProtocolError("a forbidden byte in a chunk extension")
    return position
