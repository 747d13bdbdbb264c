# cython: boundscheck=False, wraparound=False
"""New request ids: 128 random bits each, as 32 hex digits.

The bits are those of xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), seeded
from a `Random`: two steps of it are fifty instructions, a draw from Python's own generator two thousand. An id tells
requests apart, and is no secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_MASK = (1 << 64) - 1
_HEX = b"0123456789abcdef"


def rotated(word: int, bits: int) -> int:
    """`word`, of 64 bits, rotated left."""
    return ((word << bits) | (word >> (64 - bits))) & _MASK


class RequestIds:
    """A generator of its own for each worker, as two that are seeded alike would give the same ids."""

    __slots__ = ("_a", "_b", "_c", "_d", "_text")

    def __init__(self, random: Random) -> None:
        # A state of zeros alone would stay so.
        self._a = random.getrandbits(64) | 1
        self._b = random.getrandbits(64)
        self._c = random.getrandbits(64)
        self._d = random.getrandbits(64)
        self._text = bytearray(32)

    def step(self) -> int:
        """The next 64 bits."""
        drawn = (rotated((self._b * 5) & _MASK, 7) * 9) & _MASK
        shifted = (self._b << 17) & _MASK
        self._c ^= self._a
        self._d ^= self._b
        self._b ^= self._c
        self._a ^= self._d
        self._c ^= shifted
        self._d = rotated(self._d, 45)
        return drawn

    def make(self) -> bytes:
        """The next id."""
        text = self._text
        digits = _HEX
        high = self.step()
        low = self.step()
        for place in range(16):
            text[place] = digits[(high >> (4 * place)) & 15]
            text[16 + place] = digits[(low >> (4 * place)) & 15]
        return bytes(text)
