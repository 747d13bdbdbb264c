"""Medians, spreads and percentiles of what was measured, and ratios taken round by round."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some values, and the least and the greatest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Raises ValueError where there are no values."""
        if not values:
            raise ValueError("no values")
        return cls(statistics.median(values), min(values), max(values))


def round_ratios(values: Sequence[float], base: Sequence[float]) -> list[float]:
    """`values[i] / base[i]`: both of one round, so that what slowed the whole round cancels out.

    Raises ValueError where the lengths differ or a base is 0.
    """
    if any(each == 0 for each in base):
        raise ValueError("a base of 0 has no ratio")
    return [value / each for value, each in zip(values, base, strict=True)]


def round_differences(values: Sequence[float], base: Sequence[float]) -> list[float]:
    """`values[i] - base[i]`, both of one round. Raises ValueError where the lengths differ."""
    return [value - each for value, each in zip(values, base, strict=True)]


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least `share` (over 0, up to 1) of all values do not exceed: the nearest-rank method.

    Raises ValueError where there are no values.
    """
    if not values:
        raise ValueError("no values")
    return sorted(values)[math.ceil(share * len(values)) - 1]
