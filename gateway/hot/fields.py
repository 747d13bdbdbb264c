"""The field section of a message head: scanned once, kept as offsets into the received bytes, rendered by copying.

Compiled with the types of `fields.pxd`. Five offsets per field: name start, name end, value start, value end, and which
of the names that decide framing or forwarding it is (0: none of them). No object is made for a field until it is asked
for.
"""

from __future__ import annotations

import cython  # type: ignore[import-untyped]

from gateway.errors import LimitExceeded, ProtocolError
from gateway.hot.octets import FIELD_VALUE, LOWER, TOKEN
from gateway.hot.writer import HeadWriter

if not cython.compiled:
    from gateway.hot.spans import free_spans, grow_spans

# Held by name, as the compiled form has bare pointers into them.
_TABLES = (TOKEN, FIELD_VALUE, LOWER)
_token = TOKEN
_value = FIELD_VALUE
_lower = LOWER

_DROP_LENGTHS: dict[frozenset[bytes], int] = {}
DROP_SETS_KEPT = 1024
"""How many sets of dropped names have their lengths remembered: a few per route; past it the memory is emptied."""


def same_name(octets: bytes, start: int, name: bytes, length: int) -> bool:
    """Whether the `length` octets at `start` are `name` (lower-case, as long) in any case."""
    for i in range(length):  # noqa: SIM110  a generator would not compile to a C loop
        if _lower[octets[start + i]] != name[i]:
            return False
    return True


def known_name(octets: bytes, start: int, length: int) -> int:
    """Which known name stands at `start`: 1 Host, 2 Content-Length, 3-9 hop-by-hop, 10 Expect, 11 Date, 12 Via,
    13 Baggage.
    """
    if length == 4:
        if same_name(octets, start, b"host", 4):
            return 1
        return 11 if same_name(octets, start, b"date", 4) else 0
    if length == 14:
        return 2 if same_name(octets, start, b"content-length", 14) else 0
    if length == 17:
        return 3 if same_name(octets, start, b"transfer-encoding", 17) else 0
    if length == 10:
        if same_name(octets, start, b"connection", 10):
            return 4
        return 8 if same_name(octets, start, b"keep-alive", 10) else 0
    if length == 7:
        if same_name(octets, start, b"upgrade", 7):
            return 5
        if same_name(octets, start, b"trailer", 7):
            return 7
        return 13 if same_name(octets, start, b"baggage", 7) else 0
    if length == 2:
        return 6 if same_name(octets, start, b"te", 2) else 0
    if length == 16:
        return 9 if same_name(octets, start, b"proxy-connection", 16) else 0
    if length == 6:
        return 10 if same_name(octets, start, b"expect", 6) else 0
    if length == 3:
        return 12 if same_name(octets, start, b"via", 3) else 0
    return 0


def lengths_of(drop: frozenset[bytes]) -> int:
    """A mask with bit n set for each name in `drop` of n octets (modulo 64), so that most fields need no look-up."""
    kept = _DROP_LENGTHS.get(drop)
    if kept is not None:
        return kept
    if len(_DROP_LENGTHS) >= DROP_SETS_KEPT:
        _DROP_LENGTHS.clear()
    mask = 0
    # A variable, as the compiled form shifts in its type: a literal is a C int, whose bit 31 is the sign.
    bit = 1
    for name in drop:
        mask |= bit << (len(name) & 63)
    _DROP_LENGTHS[drop] = mask
    return mask


def _bad_name(data: bytes, start: int, pos: int) -> ProtocolError:
    octet = data[pos]
    if pos == start:
        if octet == 0x20 or octet == 0x09:
            return ProtocolError("a folded header line (obs-fold) is refused (RFC 9112 5.2)")
        if octet == 0x3A:
            return ProtocolError("a header with an empty name")
    elif octet == 0x20 or octet == 0x09:
        return ProtocolError("white space before the colon of a header (RFC 9112 5.1)")
    if octet == 0x0A:
        return ProtocolError("a bare LF in the header section (RFC 9112 2.2)")
    if octet == 0x0D:
        return ProtocolError("a header line without a colon")
    return ProtocolError(f"octet 0x{octet:02x} in a header name")


def _bad_value(octet: int) -> ProtocolError:
    if octet == 0x0D:
        return ProtocolError("a bare CR in a header value (RFC 9112 2.2)")
    if octet == 0x0A:
        return ProtocolError("a bare LF in the header section (RFC 9112 2.2)")
    return ProtocolError(f"octet 0x{octet:02x} in a header value")


class Fields:
    """The fields of a head, as received. Names are asked for in lower case."""

    __slots__ = (
        "_capacity",
        "_coding",
        "_connection",
        "_connection_close",
        "_connection_keep_alive",
        "_connection_upgrade",
        "_count",
        "_data",
        "_expect",
        "_fields_end",
        "_host",
        "_length",
        "_length_dropped",
        "_listed",
        "_octets",
        "_spans",
        "_te",
        "_upgrade",
        "has_baggage",
        "has_date",
        "has_via",
        "size",
    )

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Hold no field; `Fields.__new__` and this is what the constructor does, at a third of its price."""
        self._data = b""
        self._octets = self._data
        self._capacity = 24
        self._spans = grow_spans(None, 120) if not cython.compiled else grow_spans(cython.NULL, 120)
        self._count = 0
        self._host = -1
        self._length = -1
        self._coding = -1
        self._te = -1
        self._upgrade = -1
        self._connection = -1
        self._expect = -1
        self._length_dropped = False
        self._connection_close = False
        self._connection_keep_alive = False
        self._connection_upgrade = False
        self._listed: frozenset[bytes] = frozenset()
        self._fields_end = 0
        self.has_baggage = False
        self.has_date = False
        self.has_via = False
        self.size = 0

    def __dealloc__(self) -> None:
        free_spans(self._spans)

    def scan_fields(self, data: bytes, pos: int, end: int, limit_count: int) -> int:
        """Scan field lines from `pos` to the blank line; where they end, or -1 where the blank line is not there yet.

        Raises:
            ProtocolError: the lines are not what RFC 9112 5 allows, or there are two that must be one.
            LimitExceeded: more than `limit_count` of them.
        """
        octets = data
        self._data = data
        self._octets = octets
        while True:
            if pos >= end:
                return -1
            if octets[pos] == 0x0D:
                if pos + 1 >= end:
                    return -1
                if octets[pos + 1] != 0x0A:
                    raise ProtocolError("a bare CR in the header section (RFC 9112 2.2)")
                self._fields_end = pos
                return pos + 2
            start = pos
            while pos < end and _token[octets[pos]]:
                pos += 1
            if pos >= end:
                return -1
            if octets[pos] != 0x3A or pos == start:
                raise _bad_name(data, start, pos)
            name_end = pos
            pos += 1
            while pos < end and (octets[pos] == 0x20 or octets[pos] == 0x09):
                pos += 1
            value = pos
            while pos < end and _value[octets[pos]]:
                pos += 1
            if pos >= end:
                return -1
            if octets[pos] != 0x0D:
                raise _bad_value(octets[pos])
            if pos + 1 >= end:
                return -1
            if octets[pos + 1] != 0x0A:
                raise _bad_value(0x0D)
            value_end = pos
            while value_end > value and (octets[value_end - 1] == 0x20 or octets[value_end - 1] == 0x09):
                value_end -= 1
            pos += 2
            if self._count >= limit_count:
                raise LimitExceeded(f"more than {limit_count} header fields", 431, "limits.headerCount")
            if self._count == self._capacity:
                self._capacity = self._capacity * 2
                self._spans = grow_spans(self._spans, self._capacity * 5)
            known = known_name(octets, start, name_end - start)
            base = self._count * 5
            self._spans[base] = start
            self._spans[base + 1] = name_end
            self._spans[base + 2] = value
            self._spans[base + 3] = value_end
            self._spans[base + 4] = known
            self._count += 1
            if known:
                self.note(self._count - 1, known)

    def note(self, index: int, known: int) -> int:
        """Remember where a known field is; what would be two answers to one question is refused."""
        if known == 1:
            if self._host >= 0:
                raise ProtocolError("two Host headers (RFC 9112 3.2)")
            self._host = index
        elif known == 2:
            if self._length >= 0:
                raise ProtocolError("two Content-Length headers (RFC 9112 6.3)")
            self._length = index
        elif known == 3:
            if self._coding >= 0:
                raise ProtocolError("two Transfer-Encoding headers (RFC 9112 6.1)")
            self._coding = index
        elif known == 4:
            self._connection = index
            self.note_connection(index)
        elif known == 5:
            if self._upgrade < 0:
                self._upgrade = index
        elif known == 6:
            self._te = index
        elif known == 10:
            self._expect = index
        elif known == 11:
            self.has_date = True
        elif known == 12:
            self.has_via = True
        elif known == 13:
            self.has_baggage = True
        return 0

    def note_connection(self, index: int) -> int:
        """Take in the options of one Connection line (RFC 9110 7.6.1)."""
        octets = self._octets
        start = self._spans[index * 5 + 2]
        end = self._spans[index * 5 + 3]
        if end - start == 10 and same_name(octets, start, b"keep-alive", 10):
            self._connection_keep_alive = True
            return 0
        if end - start == 5 and same_name(octets, start, b"close", 5):
            self._connection_close = True
            return 0
        listed = set(self._listed)
        for part in octets[start:end].lower().split(b","):
            option = part.strip(b" \t")
            if option == b"close":
                self._connection_close = True
            elif option == b"keep-alive":
                self._connection_keep_alive = True
            elif option == b"upgrade":
                self._connection_upgrade = True
            elif option and option != b"content-length" and option != b"host":
                # Those two decide what the message is: to drop them because the client says so would change it.
                listed.add(option)
        self._listed = frozenset(listed)
        return 0

    def value_at(self, index: int) -> bytes:
        """The value of field `index`, or an empty one for -1."""
        if index < 0:
            return b""
        return self._octets[self._spans[index * 5 + 2] : self._spans[index * 5 + 3]]

    def scan_length(self) -> int:
        """The value of Content-Length, or -1 without one (RFC 9110 8.6: digits, and nothing else).

        Raises:
            ProtocolError: another value, or one past 2^63 - 1.
        """
        if self._length < 0:
            return -1
        octets = self._octets
        start = self._spans[self._length * 5 + 2]
        end = self._spans[self._length * 5 + 3]
        # 18 digits hold an exabyte and cannot overflow.
        if end == start or end - start > 18:
            raise ProtocolError("a Content-Length that is empty or too large")
        length = 0
        for i in range(start, end):
            octet = octets[i]
            if octet < 0x30 or octet > 0x39:
                raise ProtocolError("a Content-Length that is not digits alone (RFC 9110 8.6)")
            length = length * 10 + (octet - 0x30)
        return length

    def scan_coding(self, version_minor: int) -> bool:
        """Whether the message is chunked; nothing but exactly `chunked` is taken (RFC 9112 6.1).

        Raises:
            ProtocolError: 501 for another coding, 400 where chunked is not the last and only one, with Content-Length,
                or in HTTP/1.0, which has no transfer codings.
        """
        if self._coding < 0:
            return False
        if self._length >= 0:
            raise ProtocolError("Content-Length together with Transfer-Encoding (RFC 9112 6.3)")
        if version_minor == 0:
            raise ProtocolError("Transfer-Encoding in HTTP/1.0 (RFC 9112 6.1)")
        coding = self.value_at(self._coding).lower()
        if coding == b"chunked":
            return True
        parts = [part.strip(b" \t") for part in coding.split(b",")]
        for part in parts:
            if not part or part.translate(None, b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"):
                raise ProtocolError("a Transfer-Encoding that is not a list of codings (RFC 9112 6.1)")
        if b"chunked" in parts[:-1]:
            raise ProtocolError("chunked is not the last transfer coding, or not the only one (RFC 9112 6.1)")
        raise ProtocolError("a transfer coding other than chunked", 501)

    def keep_only(self, start: int, end: int) -> int:
        """Let go of received bytes that are not of this head, where they are many: the head outlives its receive."""
        self.size = end - start
        if start or len(self._data) - end > 16384:
            data = self._octets[start:end]
            for i in range(self._count):
                for j in range(4):
                    self._spans[i * 5 + j] = self._spans[i * 5 + j] - start
            self._fields_end -= start
            self._data = data
            self._octets = data
        return 0

    def get(self, name: bytes) -> bytes | None:
        """The value of the first field `name` (lower-case), or None."""
        wanted = name
        length = len(name)
        spans = self._spans
        for i in range(self._count):
            base = i * 5
            if spans[base + 1] - spans[base] == length and same_name(self._octets, spans[base], wanted, length):
                return self._octets[spans[base + 2] : spans[base + 3]]
        return None

    def get_all(self, name: bytes) -> list[bytes]:
        """The values of all fields `name` (lower-case), in order."""
        values: list[bytes] = []
        wanted = name
        length = len(name)
        spans = self._spans
        for i in range(self._count):
            base = i * 5
            if spans[base + 1] - spans[base] == length and same_name(self._octets, spans[base], wanted, length):
                values.append(self._octets[spans[base + 2] : spans[base + 3]])
        return values

    def items(self) -> list[tuple[bytes, bytes]]:
        """All fields in order, names as received."""
        pairs: list[tuple[bytes, bytes]] = []
        spans = self._spans
        for i in range(self._count):
            base = i * 5
            pairs.append(
                (
                    self._octets[spans[base] : spans[base + 1]],
                    self._octets[spans[base + 2] : spans[base + 3]],
                )
            )
        return pairs

    def copy_to(self, out: HeadWriter, start_line: bytes, drop: frozenset[bytes]) -> None:
        """Begin `out` with the head to forward: the start line and the fields that may go on, without the blank line.

        `start_line` has its CRLF; an empty one stands for the line as received. Hop-by-hop fields stay behind:
        Connection and those that it names, Keep-Alive, Proxy-Connection, TE, Transfer-Encoding, Trailer, Upgrade
        (RFC 9110 7.6.1); and those in `drop` (lower-case names). Other lines are copied as they came, neighbours in
        one piece.
        """
        octets = self._octets
        spans = self._spans
        out.begin()
        run = -1
        if start_line:
            out.put(start_line)
        else:
            run = 0
        mask = lengths_of(drop)
        listed = self._listed
        if listed:
            mask |= lengths_of(listed)
        for i in range(self._count):
            base = i * 5
            dropped = 3 <= spans[base + 4] <= 9 or (spans[base + 4] == 2 and self._length_dropped)
            if not dropped:
                length = spans[base + 1] - spans[base]
                if (mask >> (length & 63)) & 1:
                    name = octets[spans[base] : spans[base + 1]].lower()
                    dropped = name in drop or name in listed
            if dropped:
                if run >= 0:
                    out.put_span(octets, run, spans[base])
                    run = -1
            elif run < 0:
                run = spans[base]
        if run >= 0:
            out.put_span(octets, run, self._fields_end)
