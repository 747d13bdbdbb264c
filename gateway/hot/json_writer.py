# cython: boundscheck=False, wraparound=False, cdivision=True
"""Writes JSON straight into a buffer that lives on: no object per value, as a line of the access log has twenty.

Compiled with the types of `json_writer.pxd`.
"""

from __future__ import annotations

import cython  # type: ignore[import-untyped]

from gateway.hot.writer import HeadWriter

if not cython.compiled:
    from gateway.hot.buffers import utf8_of, utf8_size

_ESCAPED, _WIDENED = 1, 2
_QUOTED = b'"\\'
_LATIN_1 = bytes(_ESCAPED if octet < 32 or octet in _QUOTED else _WIDENED if octet > 127 else 0 for octet in range(256))
_UTF_8 = bytes(_ESCAPED if octet < 32 or octet in _QUOTED else 0 for octet in range(256))
_latin_1 = _LATIN_1
_utf_8 = _UTF_8
_SHORT = {8: b"\\b", 9: b"\\t", 10: b"\\n", 12: b"\\f", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}
_ESCAPES = tuple(_SHORT.get(octet, b"\\u%04x" % octet) for octet in range(93))
"""What stands for an octet that JSON does not take as it is (RFC 8259 7)."""
_WIDE = tuple(bytes((octet,)).decode("latin-1").encode() for octet in range(128, 256))


class JsonWriter(HeadWriter):
    """Values one after the other; what stands between them, quotes too, is put by the caller."""

    __slots__ = ()

    def put_octets(self, octets: bytes) -> int:
        """Append the inside of a string: `octets` as Latin-1, so that any have a form."""
        return self.put_escaped(octets, len(octets), _latin_1)

    def put_text(self, text: str) -> int:
        """Append the inside of a string: `text`, with `?` for what UTF-8 has no form for (lone surrogates)."""
        try:
            return self.put_escaped(utf8_of(text), utf8_size(text), _utf_8)
        except UnicodeEncodeError:
            octets = text.encode("utf-8", "replace")
            return self.put_escaped(octets, len(octets), _utf_8)

    def put_escaped(self, octets: bytes, count: int, kinds: bytes) -> int:
        """Append `count` octets, each as `kinds` says for it; 0 stands for itself."""
        pos = 0
        while pos < count:
            start = pos
            while pos < count and not kinds[octets[pos]]:
                pos += 1
            if pos > start:
                self.put_span(octets, start, pos)
            if pos < count:
                octet = octets[pos]
                pos += 1
                self.put(_ESCAPES[octet] if kinds[octet] == _ESCAPED else _WIDE[octet - 128])
        return 0

    def put_count(self, number: int) -> int:
        """Append `number`, 0 or more and less than 2**63."""
        digits = 1
        bound = 10
        while digits < 19 and number >= bound:
            digits += 1
            bound *= 10
        if self.size + digits > self._capacity:
            self.grow(digits)
        octets = self._octets
        at = self.size + digits
        self.size = at
        while digits > 0:
            at -= 1
            digits -= 1
            octets[at] = 48 + number % 10
            number //= 10
        return 0

    def put_milliseconds(self, duration_ns: int) -> int:
        """Append `duration_ns` in milliseconds, to the nearest microsecond: `0.0`, `1.25`, `3000.017`."""
        duration_us = (duration_ns + 500) // 1000
        self.put_count(duration_us // 1000)
        rest = duration_us % 1000
        if self.size + 4 > self._capacity:
            self.grow(4)
        octets = self._octets
        at = self.size
        octets[at] = 46
        octets[at + 1] = 48 + rest // 100
        octets[at + 2] = 48 + rest // 10 % 10
        octets[at + 3] = 48 + rest % 10
        if rest % 10:
            self.size = at + 4
        else:
            self.size = at + 2 if rest % 100 == 0 else at + 3
        return 0

    def put_three_digits(self, number: int) -> int:
        """Append `number`, 0..999, as `007`."""
        if self.size + 3 > self._capacity:
            self.grow(3)
        octets = self._octets
        at = self.size
        octets[at] = 48 + number // 100
        octets[at + 1] = 48 + number // 10 % 10
        octets[at + 2] = 48 + number % 10
        self.size = at + 3
        return 0
