# cython: boundscheck=False, wraparound=False, cdivision=True
"""Weighted draws in constant time: Walker's alias method, built as M. D. Vose, "A Linear Algorithm" (1991)."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

HALF_BITS = 31


class AliasTable:
    """Indexes 0..n-1, each drawn in proportion to its weight (whole numbers above 0, their sum under 2**31)."""

    def __init__(self, weights: Sequence[int]) -> None:
        """Take O(n). Equal weights need no table, and each index is then drawn with one multiplication."""
        count = len(weights)
        total = sum(weights)
        one = 1 << HALF_BITS
        self._count = count
        self._equal = 1 if len(set(weights)) == 1 else 0
        thresholds = array("q", [one]) * count
        aliases = array("q", range(count))
        if not self._equal:
            # Scaled by total, so that the mean is `total` exactly and no rounding adds up over the pairs.
            scaled = [weight * count for weight in weights]
            small = [index for index in range(count) if scaled[index] < total]
            large = [index for index in range(count) if scaled[index] >= total]
            while small and large:
                low = small.pop()
                high = large[len(large) - 1]
                thresholds[low] = scaled[low] * one // total
                aliases[low] = high
                scaled[high] -= total - scaled[low]
                if scaled[high] < total:
                    small.append(large.pop())
        self._thresholds = thresholds
        self._aliases = aliases

    def draw(self, bits: int) -> int:
        """The index that 62 uniform random bits stand for: the upper half chooses the column, the lower the side."""
        column = ((bits >> 31) * self._count) >> 31
        if self._equal or (bits & 0x7FFFFFFF) < self._thresholds[column]:
            return column
        return self._aliases[column]
