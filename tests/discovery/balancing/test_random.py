"""The weighted draw."""

from __future__ import annotations

from discovery.balancing.random import Random
from tests.support.endpoints import states


def test_same_draw_is_the_same_endpoint() -> None:
    balancer = Random(states([1, 2, 3, 4]))
    picks = {balancer.pick(lambda bits: (1 << bits) // 3, None).endpoint.id for _ in range(4)}
    assert len(picks) == 1


def test_first_and_last_draw_are_the_first_and_last_of_equals() -> None:
    balancer = Random(states([5, 5, 5]))
    assert balancer.pick(lambda bits: 0, None).endpoint.id == "e0"
    assert balancer.pick(lambda bits: (1 << bits) - 1, None).endpoint.id == "e2"
