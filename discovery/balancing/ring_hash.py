# cython: boundscheck=False, wraparound=False, cdivision=True
"""RingHash: each endpoint has points on a ring, and a key belongs to the next point (D. Karger et al., 1997).

The points of an endpoint hang on its id alone, and how many it has on its weight against the lightest one, times a
power of two. So one that comes or goes moves the keys that it gains or loses and no others, until the power changes.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

from discovery.balancing.hashing import Hash, mixed
from discovery.balancing.keyed import KeyedBalancer
from discovery.balancing.radix_sort import sort_words
from discovery.lease import EndpointState

INDEX_BITS = 24
"""Of a word while the ring is sorted; the upper 40 are the position."""

# As a C number in the compiled form.
_INDEX_BITS = INDEX_BITS


PROPORTION_POINTS = 262_144
"""Over its least size a ring grows so far, that light endpoints have no more than their part: it is made in the loop of
those who serve, and eight million points would hold them up for a second."""


class Size(NamedTuple):
    """Bounds of the points of a ring; with more endpoints than `most`, each has one."""

    least: int = 1024
    most: int = 8_388_608


DEFAULT_SIZE = Size()


class RingHash(KeyedBalancer):
    """O(points) to make, O(log points) to pick."""

    def __init__(
        self, states: tuple[EndpointState, ...], hash_key: Hash, size: Size = DEFAULT_SIZE, factor: int = 0
    ) -> None:
        super().__init__(states, hash_key, factor)
        counts = points_per_endpoint([state.weight for state in states], size)
        words = array("Q", [0]) * sum(counts)
        # In the order of their ids, so that of two on one position every gateway takes the same.
        order = sorted(range(len(states)), key=lambda index: states[index].endpoint.id)
        self._fill(words, order, counts)
        sort_words(words, INDEX_BITS)
        self._points = array("q", [0]) * len(words)
        self._table = array("i", [0]) * len(words)
        self._read(words)

    def _fill(self, words: array[int], order: list[int], counts: list[int]) -> None:
        """The points of each endpoint, position over index, endpoints in `order`."""
        out = words
        place = 0
        for index in order:
            owner = index
            points = counts[index]
            own = self._hash(self.states[index].endpoint.id.encode("utf-8", "surrogateescape"))
            for number in range(points):
                out[place] = ((mixed(own, number) >> _INDEX_BITS) << _INDEX_BITS) | owner
                place += 1

    def _read(self, words: array[int]) -> None:
        read = words
        for place in range(len(words)):
            word = read[place]
            self._points[place] = word >> _INDEX_BITS
            self._table[place] = word & ((1 << _INDEX_BITS) - 1)

    def _place(self, hashed: int) -> int:
        """The first point at or behind the hash; behind the last one comes the first."""
        position = hashed >> _INDEX_BITS
        points = self._points
        low = 0
        high = len(points)
        while low < high:
            middle = (low + high) >> 1
            if points[middle] < position:
                low = middle + 1
            else:
                high = middle
        return 0 if low == len(points) else low


def points_per_endpoint(weights: list[int], size: Size) -> list[int]:
    """In proportion to the weights (above 0), together within `size` as far as whole numbers of at least one go."""
    lightest = min(weights)

    def counts(power: int) -> list[int]:
        if power >= 0:
            return [max(1, (weight << power) // lightest) for weight in weights]
        return [max(1, (weight >> -power) // lightest) for weight in weights]

    total = sum(weights)
    most = min(size.most, max(size.least * 2, PROPORTION_POINTS))
    power = 0
    while (total << power) // lightest < size.least:
        power += 1
    while sum(counts(power)) > most and power > -INDEX_BITS:
        power -= 1
    return counts(power)
