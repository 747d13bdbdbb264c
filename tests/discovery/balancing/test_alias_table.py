"""Draws of the alias table, as counts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.balancing.alias_table import AliasTable
from tests.support.endpoints import chi_square


@given(weights=st.lists(st.integers(1, 65535), min_size=1, max_size=40), bits=st.integers(0, (1 << 62) - 1))
def test_every_draw_is_an_index(weights: list[int], bits: int) -> None:
    assert 0 <= AliasTable(weights).draw(bits) < len(weights)


@given(weights=st.lists(st.integers(1, 65535), min_size=1, max_size=12))
def test_columns_add_up_to_the_weights(weights: list[int]) -> None:
    """Both sides of each column are drawn at their first and last value, so thresholds and aliases cover each index."""
    table = AliasTable(weights)
    count = len(weights)
    drawn = {
        table.draw((-(-(column << 31) // count) << 31) | side) for column in range(count) for side in (0, (1 << 31) - 1)
    }
    assert drawn == set(range(count))


@pytest.mark.parametrize("weights", [[1, 1, 1], [1, 2, 3, 4], [65535, 1, 300], list(range(1, 41))])
def test_draws_follow_the_weights(weights: list[int]) -> None:
    source = random.Random(7)
    table = AliasTable(weights)
    counts = [0] * len(weights)
    for _ in range(200_00):
        counts[table.draw(source.getrandbits(62))] += 1
    freedom = len(weights) - 1
    # Mean plus six standard deviations of the chi-square distribution: a right table fails once in millions of seeds.
    assert chi_square(counts, weights) < freedom + 6 * (2 * freedom) ** 0.5
