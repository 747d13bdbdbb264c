"""Puts a message head together in one buffer that lives on: pieces are copied in once, and once out.

Compiled with the types of `writer.pxd`. A join of as many pieces makes an object for each span of received bytes and
takes three times the instructions.
"""

from __future__ import annotations

import cython  # type: ignore[import-untyped]

if not cython.compiled:
    from gateway.hot.buffers import copy_octets, free_octets, grow_octets, octets_of

FIRST_BYTES = 4096
KEPT_BYTES = 64 * 1024
"""What a large head made it grow by past this is given back."""


class HeadWriter:
    """One at a time: `begin`, any number of `put` and `put_span`, `take`."""

    __slots__ = ("_capacity", "_octets", "size")

    def __init__(self) -> None:
        self.open_buffer()
        self.size = 0

    def __dealloc__(self) -> None:
        free_octets(self._octets)

    def open_buffer(self) -> int:
        """Begin with a small one."""
        self._capacity = FIRST_BYTES
        self._octets = grow_octets(None, FIRST_BYTES) if not cython.compiled else grow_octets(cython.NULL, FIRST_BYTES)
        return 0

    def begin(self) -> None:
        """Forget what is there."""
        self.size = 0

    def put(self, piece: bytes) -> int:
        """Append `piece`."""
        count = len(piece)
        if self.size + count > self._capacity:
            self.grow(count)
        copy_octets(self._octets, self.size, piece, 0, count)
        self.size += count
        return 0

    def put_span(self, octets: bytes, start: int, end: int) -> int:
        """Append the octets from `start` up to `end`."""
        count = end - start
        if self.size + count > self._capacity:
            self.grow(count)
        copy_octets(self._octets, self.size, octets, start, count)
        self.size += count
        return 0

    def grow(self, count: int) -> int:
        """Make room for `count` more octets."""
        self._capacity = max(2 * self._capacity, self.size + count)
        self._octets = grow_octets(self._octets, self._capacity)
        return 0

    def take(self) -> bytes:
        """All that was put since `begin`."""
        whole = octets_of(self._octets, self.size)
        if self._capacity > KEPT_BYTES:
            free_octets(self._octets)
            self.open_buffer()
        return whole
