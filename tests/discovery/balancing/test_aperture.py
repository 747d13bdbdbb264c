"""Subsets of many gateways: even over the endpoints, the same each time, and little moved by a change."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.balancing.aperture import aperture
from tests.support.endpoints import states


@given(count=st.integers(1, 60), most=st.integers(1, 70), ordinal=st.integers(0, 1 << 32))
def test_a_subset_has_the_size_that_is_asked_for_and_each_endpoint_once(count: int, most: int, ordinal: int) -> None:
    members = states([1] * count)
    chosen = aperture(members, most, ordinal)
    assert len(chosen) == min(count, most)
    assert len({state.endpoint.id for state in chosen}) == len(chosen)
    assert {id(state) for state in aperture(members[::-1], most, ordinal)} == {id(state) for state in chosen}


@pytest.mark.parametrize(("gateways", "count", "most"), [(200, 2000, 50), (64, 1000, 20), (300, 700, 100)])
def test_many_gateways_use_the_endpoints_alike(gateways: int, count: int, most: int) -> None:
    members = states([1] * count)
    used = Counter(id(state) for ordinal in range(gateways) for state in aperture(members, most, ordinal))
    mean = gateways * most / count
    lots = gateways * most / count
    assert len(used) > 0.95 * count
    # Random subsets would be off by three times the root of the mean here and there.
    assert max(used.values()) <= mean + 2 * lots**0.5 + 1


def test_within_one_full_lot_no_endpoint_is_left_out() -> None:
    members = states([1] * 1000)
    used = Counter(id(state) for ordinal in range(64) for state in aperture(members, 20, ordinal))
    assert len(used) == 1000
    assert set(used.values()) <= {1, 2}


@pytest.mark.parametrize("gone", [0, 250, 499])
def test_who_leaves_changes_a_subset_by_two_at_most(gone: int) -> None:
    members = states([1] * 500)
    rest = members[:gone] + members[gone + 1 :]
    for ordinal in range(40):
        before = {id(state) for state in aperture(members, 40, ordinal)}
        after = {id(state) for state in aperture(rest, 40, ordinal)}
        assert len(before - after) <= 2


def test_ten_thousand_endpoints_are_used_by_half_a_lot_once_at_most() -> None:
    members = states([1] * 10_000)
    used = Counter(id(state) for ordinal in range(64) for state in aperture(members, 100, ordinal))
    assert max(used.values()) == 1
