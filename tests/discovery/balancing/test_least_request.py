"""Which of the drawn endpoints has the fewest requests for its weight."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from discovery.balancing.least_request import FEW, LeastRequest
from tests.support.endpoints import states


@given(loads=st.lists(st.integers(0, 50), min_size=1, max_size=FEW), seed=st.integers(0, 100))
def test_of_few_the_least_loaded_is_picked(loads: list[int], seed: int) -> None:
    members = states([1] * len(loads))
    for member, load in zip(members, loads, strict=True):
        member.active = load
    assert LeastRequest(members, 2).pick(random.Random(seed).getrandbits, None).active == min(loads)


def test_ties_of_few_are_shared_whatever_their_order() -> None:
    """At every gateway the first one would win them: a hundred that have little would load it most."""
    source = random.Random(3)
    picks: Counter[str] = Counter()
    for busy in range(FEW):
        members = states([1] * FEW)
        members[busy].active = 1
        balancer = LeastRequest(members, 2)
        picks.update(balancer.pick(source.getrandbits, None).endpoint.id for _ in range(2000))
    assert sum(picks.values()) == 2000 * FEW
    assert all(abs(picks[f"e{number}"] - 2000) < 150 for number in range(FEW)), picks


def test_load_counts_in_proportion_to_weight() -> None:
    members = states([10, 1])
    members[0].active, members[1].active = 9, 1
    picked = LeastRequest(members, 2).pick(random.Random(1).getrandbits, None)
    assert picked.endpoint.id == "e0"


def test_of_many_the_less_loaded_of_two_draws_is_picked() -> None:
    members = states([1] * 8)
    members[0].active = 5
    draws = iter([0, (1 << 62) - 1])
    assert LeastRequest(members, 2).pick(lambda bits: next(draws), None).endpoint.id == "e7"


def test_slow_endpoint_gets_little() -> None:
    """One of ten never finishes: two choices starve it, where a weighted draw would give it a tenth."""
    source = random.Random(5)
    members = states([1] * 10)
    balancer = LeastRequest(members, 2)
    picks: Counter[str] = Counter()
    for _ in range(2000):
        state = balancer.pick(source.getrandbits, None)
        picks[state.endpoint.id] += 1
        state.active += 1
        if state.endpoint.id != "e0":
            state.active -= 1
    assert picks["e0"] < 100
