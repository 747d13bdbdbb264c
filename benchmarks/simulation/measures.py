"""Figures of a run."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from statistics import fmean, pstdev


def percentile(values: Sequence[int], percent: float) -> int:
    """The least value that `percent` (0..100) of `values` do not pass; 0 of none."""
    if not values:
        return 0
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def variation(counts: Sequence[int]) -> float:
    """Coefficient of variation: deviation over mean; 0.0 where all is 0."""
    mean = fmean(counts)
    return pstdev(counts) / mean if mean else 0.0
