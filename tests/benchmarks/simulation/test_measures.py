"""Tests of the figures."""

from __future__ import annotations

import pytest

from benchmarks.simulation.measures import percentile, variation


@pytest.mark.parametrize(("percent", "wanted"), [(0, 1), (50, 50), (99, 99), (99.5, 100), (100, 100)])
def test_percentile_is_a_value_that_occurred(percent: float, wanted: int) -> None:
    assert percentile(range(100, 0, -1), percent) == wanted


def test_nothing_has_no_percentile_and_no_variation() -> None:
    assert percentile([], 99) == 0
    assert variation([0, 0]) == 0.0


def test_variation_is_deviation_over_mean() -> None:
    assert variation([5, 5, 5]) == 0.0
    assert variation([0, 10]) == 1.0
