"""Tests of medians, spreads, percentiles and ratios."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import Spread, percentile, round_differences, round_ratios

FINITE = st.floats(min_value=-1e9, max_value=1e9)


def test_spread_is_the_middle_and_the_ends() -> None:
    assert Spread.of([3.0, 1.0, 10.0, 2.0]) == Spread(median=2.5, low=1.0, high=10.0)


def test_spread_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        Spread.of([])


def test_ratios_are_taken_within_each_round() -> None:
    # The machine was half as fast in the second round, for both.
    assert round_ratios([10.0, 20.0], [5.0, 10.0]) == [2.0, 2.0]


def test_ratios_of_unequal_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        round_ratios([1.0], [1.0, 2.0])


def test_ratio_to_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="base of 0"):
        round_ratios([1.0], [0.0])


def test_percentile_of_a_hundred_is_the_one_of_that_rank() -> None:
    values = [float(each) for each in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1.0)) == (50.0, 99.0, 100.0)


def test_high_percentile_of_a_few_is_the_greatest() -> None:
    assert percentile([1.0, 7.0, 3.0], 0.99) == 7.0


@given(st.lists(FINITE, min_size=1), st.floats(min_value=0.001, max_value=1.0))
def test_percentile_is_the_least_value_that_reaches_its_share(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert sum(each <= found for each in values) >= share * len(values)
    less = [each for each in values if each < found]
    assert len(less) < share * len(values)


def test_differences_are_taken_round_by_round() -> None:
    assert round_differences([3.0, 5.0], [1.0, 2.0]) == [2.0, 3.0]
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        round_differences([3.0, 5.0], [1.0])
