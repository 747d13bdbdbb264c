"""Points on a ring: how many, whose, and which of them move."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.balancing.hashing import FUNCTIONS
from discovery.balancing.ring_hash import PROPORTION_POINTS, RingHash, Size, points_per_endpoint
from tests.support.endpoints import chi_square, states

XX = FUNCTIONS["XXHash64"]


@given(
    weights=st.lists(st.integers(1, 65535), min_size=1, max_size=40),
    least=st.integers(1, 3000),
    more=st.integers(0, 5000),
)
def test_the_ring_keeps_within_its_bounds(weights: list[int], least: int, more: int) -> None:
    size = Size(least, least + more)
    counts = points_per_endpoint(weights, size)
    assert min(counts) >= 1
    assert sum(counts) <= max(size.most, len(weights))


@pytest.mark.parametrize(("endpoints", "points"), [(1, 1024), (3, 512), (10, 128), (1000, 2), (10_000, 1)])
def test_points_of_equal_endpoints_are_a_power_of_two(endpoints: int, points: int) -> None:
    assert set(points_per_endpoint([1] * endpoints, Size())) == {points}


def test_points_are_in_proportion_to_weight() -> None:
    assert points_per_endpoint([1, 2, 5], Size(1000, 10_000)) == [128, 256, 640]


def test_a_huge_weight_does_not_pass_the_bound_and_the_light_one_keeps_a_point() -> None:
    assert points_per_endpoint([1, 65535], Size(1024, 8192)) == [1, 8191]


def test_weights_far_apart_make_no_ring_of_millions() -> None:
    counts = points_per_endpoint([1 + number % 97 * 600 for number in range(1000)], Size())
    assert sum(counts) <= PROPORTION_POINTS
    assert min(counts) == 1
    asked_for = points_per_endpoint([1 + number % 97 * 600 for number in range(1000)], Size(1 << 20))
    assert sum(asked_for) + 1000 >= 1 << 20


def test_keys_share_by_weight_as_well_as_a_ring_can() -> None:
    ring = RingHash(states([1, 1, 2]), XX, Size(16_384, 65_536))
    counts = Counter(ring.pick(lambda bits: 0, b"user-%d" % number).endpoint.id for number in range(8000))
    assert chi_square([counts[f"e{number}"] for number in range(3)], [1, 1, 2]) < 40


def test_points_of_those_that_stay_do_not_move() -> None:
    """Within one power of two, a key changes hands only to or from the endpoint that came."""
    before, after = (RingHash(states([1] * count), XX, Size(1024, 8192)) for count in (9, 10))
    for number in range(2000):
        key = b"user-%d" % number
        one, other = (ring.pick(lambda bits: 0, key).endpoint.id for ring in (before, after))
        assert other in (one, "e9")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_makes_a_ring_of_its_own(name: str) -> None:
    ring = RingHash(states([1] * 5), FUNCTIONS[name], Size(256, 256))
    assert len({ring.pick(lambda bits: 0, b"user-%d" % number).endpoint.id for number in range(200)}) == 5
