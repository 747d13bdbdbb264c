"""Weighted splits are exact, smooth, and do not all begin at the same place."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from policies.split import Split


@given(
    weights=st.lists(st.integers(0, 100), min_size=1, max_size=16).filter(any),
    seed=st.integers(0, 2**32),
    lead=st.integers(0, 50),
)
def test_any_cycle_gives_each_share_exactly(weights: list[int], seed: int, lead: int) -> None:
    split = Split(list(enumerate(weights)), random.Random(seed))
    for _ in range(lead):
        split.choose()
    counts = Counter(split.choose() for _ in range(sum(weights)))
    assert [counts[index] for index in range(len(weights))] == weights


def test_heavy_share_comes_in_no_burst() -> None:
    split = Split([("a", 5), ("b", 1), ("c", 1)], random.Random(1))
    chosen = "".join(split.choose() for _ in range(700))
    assert "aaaaa" not in chosen


def test_first_choice_varies_so_that_reloads_do_not_starve_the_light_share() -> None:
    firsts = Counter(Split([("heavy", 9), ("light", 1)], random.Random(seed)).choose() for seed in range(1000))
    assert 50 < firsts["light"] < 150
