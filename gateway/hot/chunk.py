"""The chunked transfer coding, both ways: a resumable scanner that hands on body bytes, and the encoder (RFC 9112 7.1).

Compiled with the types of `chunk.pxd`. Chunk extensions are checked, bounded and dropped; trailers are kept, less the
fields that must not be there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from gateway.errors import LimitExceeded, ProtocolError
from gateway.hot.fields import Fields
from gateway.hot.octets import FIELD_VALUE, TOKEN

EXTENSION_BYTES = 16 * 1024
"""All chunk extensions of one body: without a bound a client makes Weir read for ever with no body to count."""

FORBIDDEN_TRAILERS = frozenset(
    b"age authorization cache-control connection content-encoding content-length content-range content-type cookie "
    b"date expect expires forwarded host keep-alive location max-forwards pragma proxy-authenticate "
    b"proxy-authorization proxy-connection range retry-after set-cookie te trailer transfer-encoding upgrade vary via "
    b"warning www-authenticate x-forwarded-for x-forwarded-host x-forwarded-proto x-request-id".split()
)
"""Fields that frame, route, authenticate or modify (RFC 9110 6.5.1): dropped, as who merges them would be misled."""

# Held by name, as the compiled form has bare pointers into them. In `_HEX` 255 is what no hex digit is.
_HEX = bytes(int(chr(octet), 16) if chr(octet) in "0123456789abcdefABCDEF" else 255 for octet in range(256))
_TABLES = (TOKEN, FIELD_VALUE, _HEX)
_token = TOKEN
_value = FIELD_VALUE
_hex = _HEX

# The states, in the order of the bytes. 0 and 1: first and further digits of the size. 2, 3: name of an extension.
# 4, 5: its value, a token. 6, 7: a quoted one, and what follows its backslash. 8: behind the closing quote.
# 9: LF of the size line. 10: data. 11, 12: CR and LF behind it. 13: trailer section.
# Numbers in the code, as C compares them; the table of `extension` is the grammar of RFC 9112 7.1.1 without BWS.


class BodyParts(Protocol):
    """The list that the bytes of a body go to."""

    def append(self, part: bytes, /) -> None: ...


class ChunkScanner:
    """Scans one chunked body. `done` once its end was seen, and then `trailers` are complete."""

    __slots__ = (
        "_digits",
        "_extension_bytes",
        "_header_bytes",
        "_header_count",
        "_left",
        "_state",
        "_trailer",
        "done",
        "trailers",
    )

    def __init__(self, header_bytes: int, header_count: int) -> None:
        self._state = 0
        self._left = 0
        self._digits = 0
        self._extension_bytes = 0
        self._header_bytes = header_bytes
        self._header_count = header_count
        self._trailer = bytearray()
        self.done = False
        self.trailers: list[tuple[bytes, bytes]] = []

    def feed(self, data: bytes, pos: int, events: BodyParts) -> int:
        """Scan from `pos` on, append body bytes to `events`; where the body ends in `data`, or its length.

        Raises:
            ProtocolError: a bad size, a bad extension, a line that does not end in CRLF.
            LimitExceeded: trailers or extensions over their bounds.
        """
        octets = data
        end = len(data)
        while pos < end and not self.done:
            state = self._state
            if state == 10:
                take = end - pos
                if take > self._left:
                    take = self._left
                if take == end and pos == 0:
                    events.append(data)
                else:
                    events.append(octets[pos : pos + take])
                pos += take
                self._left -= take
                if self._left == 0:
                    self._state = 11
                continue
            octet = octets[pos]
            pos += 1
            if state <= 1:
                if _hex[octet] != 255:
                    self._digits += 1
                    # 15 digits hold an exabyte and cannot overflow.
                    if self._digits > 15:
                        raise ProtocolError("a chunk size that is too large")
                    self._left = self._left * 16 + _hex[octet]
                    self._state = 1
                elif state == 0:
                    raise ProtocolError("a chunk size that does not begin with a hex digit (RFC 9112 7.1)")
                elif octet == 0x0D:
                    self._state = 9
                elif octet == 0x3B:
                    self._state = 2
                else:
                    raise ProtocolError(f"octet 0x{octet:02x} in a chunk size (RFC 9112 7.1)")
            elif state <= 8:
                self._extension_bytes += 1
                if self._extension_bytes > EXTENSION_BYTES:
                    raise ProtocolError(f"more than {EXTENSION_BYTES} octets of chunk extensions")
                self._state = self.extension(state, octet)
            elif state == 9:
                if octet != 0x0A:
                    raise ProtocolError("a chunk size line that does not end in CRLF (RFC 9112 7.1)")
                self._digits = 0
                self._state = 10 if self._left else 13
            elif state == 11:
                if octet != 0x0D:
                    raise ProtocolError("a chunk that is longer than its size, or ends without CRLF (RFC 9112 7.1)")
                self._state = 12
            elif state == 12:
                if octet != 0x0A:
                    raise ProtocolError("a chunk that does not end in CRLF (RFC 9112 7.1)")
                self._state = 0
            else:
                self.trailer_octet(octet)
        return pos

    def extension(self, state: int, octet: int) -> int:
        """The state behind one octet of a chunk extension (RFC 9112 7.1.1)."""
        if state == 6:
            if octet == 0x22:
                return 8
            if octet == 0x5C:
                return 7
            if _value[octet]:
                return 6
        elif state == 7:
            if _value[octet]:
                return 6
        elif state == 4 and octet == 0x22:
            return 6
        elif state != 8 and _token[octet]:
            return 3 if state <= 3 else 5
        elif state == 3 or state == 5 or state == 8:
            if octet == 0x0D:
                return 9
            if octet == 0x3B:
                return 2
            if octet == 0x3D and state == 3:
                return 4
        raise ProtocolError(f"octet 0x{octet:02x} in a chunk extension (RFC 9112 7.1.1)")

    def trailer_octet(self, octet: int) -> int:
        """Take one octet of the trailer section in; at the blank line, read it."""
        trailer = self._trailer
        if octet == 0x0A and (not trailer or trailer[-1] != 0x0D):
            raise ProtocolError("a bare LF in the trailer section (RFC 9112 2.2)")
        trailer.append(octet)
        if len(trailer) > self._header_bytes:
            raise LimitExceeded(
                f"a trailer section of more than {self._header_bytes} octets", 431, "limits.headerBytes"
            )
        if octet == 0x0A and (len(trailer) == 2 or trailer.endswith(b"\r\n\r\n")):
            self.read_trailers()
        return 0

    def read_trailers(self) -> int:
        """Parse what was collected by the rules of header fields."""
        data = bytes(self._trailer)
        if len(data) > 2:
            fields = Fields()
            fields.scan_fields(data, 0, len(data), self._header_count)
            self.trailers = [pair for pair in fields.items() if pair[0].lower() not in FORBIDDEN_TRAILERS]
        self.done = True
        return 0


def chunk_parts(data: bytes) -> tuple[bytes, bytes, bytes]:
    """One chunk, to be joined with what goes out beside it; not of empty `data`, as the empty chunk is the last."""
    return b"%x\r\n" % len(data), data, b"\r\n"


def encode_chunk(data: bytes) -> bytes:
    """One chunk, whole."""
    return b"".join(chunk_parts(data))


def encode_last_chunk(trailers: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
    """The last chunk, the trailers and the blank line."""
    lines = b"".join(b"%b: %b\r\n" % pair for pair in trailers)
    return b"0\r\n%b\r\n" % lines
