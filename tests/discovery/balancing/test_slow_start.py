"""Weights that grow: the curve, its ends, and whole numbers that stay within what tables take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.balancing.slow_start import LARGEST_TOTAL, SCALE, Growth, weigh
from tests.support.endpoints import states

WINDOW = 1000


@pytest.mark.parametrize(
    ("age", "aggression", "part"),
    [
        (0, 1.0, 0.1),
        (50, 1.0, 0.1),
        (500, 1.0, 0.5),
        (250, 2.0, 0.5),
        (500, 0.5, 0.25),
        (1000, 1.0, 1.0),
        (-5, 1.0, 0.1),
    ],
)
def test_the_part_grows_as_envoys_does(age: int, aggression: float, part: float) -> None:
    assert Growth(WINDOW, aggression, 0.1).part(age) == pytest.approx(part)


def test_only_those_that_start_have_less_than_their_weight() -> None:
    members = states([1, 4])
    members[1].joined_ns = 0
    assert weigh(members, Growth(WINDOW, 1.0, 0.1), 500)
    assert [state.weight for state in members] == [SCALE, 4 * SCALE // 2]


def test_at_the_end_of_the_window_all_is_as_it_was() -> None:
    members = states([1, 4])
    members[1].joined_ns = 0
    assert not weigh(members, Growth(WINDOW, 1.0, 0.1), WINDOW)
    assert [state.weight for state in members] == [1, 4]
    assert members[1].joined_ns == -1


def test_without_slow_start_weights_are_the_endpoints() -> None:
    members = states([3])
    members[0].joined_ns = 0
    members[0].weight = 9
    assert not weigh(members, None, 0)
    assert members[0].weight == 3


@given(
    weights=st.lists(st.integers(0, 65535), min_size=1, max_size=30),
    joined=st.lists(st.integers(-1, 2000), min_size=30, max_size=30),
    now=st.integers(-1000, 4000),
    least=st.floats(0.0, 1.0),
)
def test_weights_stay_whole_positive_and_within_the_tables(
    weights: list[int], joined: list[int], now: int, least: float
) -> None:
    members = states(weights)
    for state, joined_ns in zip(members, joined, strict=False):
        state.joined_ns = joined_ns
    weigh(members, Growth(WINDOW, 1.5, least), now)
    assert sum(state.weight for state in members) <= LARGEST_TOTAL
    for state in members:
        assert (state.weight > 0) == (state.endpoint.weight > 0)


def test_ten_thousand_of_the_greatest_weight_fit() -> None:
    members = states([65535] * 10_000)
    members[0].joined_ns = 0
    assert weigh(members, Growth(WINDOW, 1.0, 0.1), 0)
    assert 0 < sum(state.weight for state in members) <= LARGEST_TOTAL
    assert members[0].weight < members[1].weight


def test_steps_are_a_part_of_the_window_and_not_too_many() -> None:
    assert Growth(30 * 10**9, 1.0, 0.1).step_ns == 1_500_000_000
    assert Growth(1000, 1.0, 0.1).step_ns == 100_000_000
