"""The order of smooth weighted round robin, and its going on over changes."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from discovery.balancing.round_robin import RoundRobin
from tests.support.endpoints import endpoint, states

DRAW = random.Random(1).getrandbits


def picks(balancer: RoundRobin, count: int) -> list[str]:
    """Ids of so many picks."""
    return [balancer.pick(DRAW, None).endpoint.id for _ in range(count)]


def test_order_is_that_of_nginx() -> None:
    assert picks(RoundRobin(states([5, 1, 2])), 8) == ["e0", "e2", "e0", "e0", "e1", "e0", "e2", "e0"]


def test_equal_weights_take_turns() -> None:
    assert picks(RoundRobin(states([1, 1, 1])), 6) == ["e0", "e1", "e2", "e0", "e1", "e2"]


def test_workers_begin_at_different_members() -> None:
    assert picks(RoundRobin(states([1, 1, 1]), None, 4), 3) == ["e1", "e2", "e0"]


@given(weights=st.lists(st.integers(1, 30), min_size=1, max_size=10))
def test_one_cycle_gives_each_its_weight(weights: list[int]) -> None:
    balancer = RoundRobin(states(weights))
    for _ in range(2):
        counts = Counter(picks(balancer, sum(weights)))
        assert [counts[f"e{number}"] for number in range(len(weights))] == weights


@given(weights=st.lists(st.integers(1, 9), min_size=2, max_size=6, unique=True))
def test_no_burst_to_the_heavy_one(weights: list[int]) -> None:
    """At every moment each endpoint is within one pick per distinct weight of its exact share."""
    balancer = RoundRobin(states(weights))
    counts: Counter[str] = Counter()
    for step in range(1, sum(weights) + 1):
        counts.update(picks(balancer, 1))
        for number, weight in enumerate(weights):
            assert abs(counts[f"e{number}"] - step * weight / sum(weights)) < len(weights)


def test_change_of_the_view_goes_on_with_the_next_one() -> None:
    members = states([1, 1, 1, 1])
    balancer = RoundRobin(members)
    assert picks(balancer, 2) == ["e0", "e1"]
    without_third = RoundRobin((members[0], members[1], members[3]), balancer)
    assert picks(without_third, 3) == ["e3", "e0", "e1"]


def test_newcomer_waits_for_a_turn_of_the_others() -> None:
    members = states([1, 1, 1])
    balancer = RoundRobin(members[:2])
    picks(balancer, 1)
    assert picks(RoundRobin(members, balancer), 3) == ["e1", "e0", "e2"]


@given(
    before=st.lists(st.integers(1, 50), min_size=1, max_size=6),
    after=st.lists(st.integers(1, 50), min_size=1, max_size=6),
    made=st.integers(0, 60),
)
def test_shares_are_near_exact_after_a_change(before: list[int], after: list[int], made: int) -> None:
    balancer = RoundRobin(states(before))
    picks(balancer, made)
    changed = RoundRobin(states(after), balancer)
    cycles = 20
    counts = Counter(picks(changed, sum(after) * cycles))
    for number, weight in enumerate(after):
        assert abs(counts[f"e{number}"] - weight * cycles) <= 2 * sum(after) + len(after)


def test_change_at_every_pick_still_reaches_everyone() -> None:
    """Views that change all the time must not begin at the first endpoint each time."""
    members = states([1] * 5)
    balancer = RoundRobin(members)
    counts: Counter[str] = Counter()
    for _ in range(50):
        counts.update(picks(balancer, 1))
        balancer = RoundRobin(members, balancer)
    assert set(counts.values()) == {10}
    assert endpoint(0).id in counts
