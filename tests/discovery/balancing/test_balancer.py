"""What every balancer keeps: weights, and no second try of the same endpoint while there is another."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.balancing.balancer import Balancer
from discovery.balancing.hashing import FUNCTIONS
from discovery.balancing.least_request import LeastRequest
from discovery.balancing.maglev import Maglev
from discovery.balancing.peak_ewma import PeakEwma
from discovery.balancing.random import Random
from discovery.balancing.ring_hash import RingHash, Size
from discovery.balancing.round_robin import RoundRobin
from discovery.latency import Latency
from discovery.lease import EndpointState
from tests.support.endpoints import chi_square, states

Make = Callable[[tuple[EndpointState, ...]], Balancer]
XX = FUNCTIONS["XXHash64"]


def peak_ewma(members: tuple[EndpointState, ...]) -> PeakEwma:
    for member in members:
        member.latency = Latency(10**10, lambda: 0)
    return PeakEwma(members, 2, lambda: 0)


BALANCERS: dict[str, Make] = {
    "RoundRobin": RoundRobin,
    "LeastRequest": lambda members: LeastRequest(members, 2),
    "PeakEwma": peak_ewma,
    "Random": Random,
    "RingHash": lambda members: RingHash(members, XX, Size(64, 4096)),
    "RingHash, bounded": lambda members: RingHash(members, XX, Size(64, 4096), 125),
    "Maglev": lambda members: Maglev(members, XX, 1021),
    "Maglev, bounded": lambda members: Maglev(members, XX, 1021, 125),
}
every_balancer = pytest.mark.parametrize("make", BALANCERS.values(), ids=BALANCERS.keys())


@every_balancer
@given(
    weights=st.lists(st.integers(1, 1000), min_size=1, max_size=12),
    tried=st.sets(st.integers(0, 12), max_size=12),
    seed=st.integers(0, 1000),
)
def test_no_endpoint_is_tried_twice_while_another_serves(
    make: Make, weights: list[int], tried: set[int], seed: int
) -> None:
    members = states(weights)
    balancer = make(members)
    ids = {f"e{number}" for number in tried}
    picked = balancer.pick_untried(random.Random(seed).getrandbits, None, ids)
    assert picked in members
    if {member.endpoint.id for member in members} - ids:
        assert picked.endpoint.id not in ids


@every_balancer
@pytest.mark.parametrize("weights", [[1] * 5, [1, 2, 3], [100, 1, 10, 10], [7, 7, 3, 3, 1]])
def test_idle_endpoints_share_by_weight(make: Make, weights: list[int]) -> None:
    source = random.Random(11)
    balancer = make(states(weights))
    picks = Counter(balancer.pick(source.getrandbits, None).endpoint.id for _ in range(6000))
    counts = [picks[f"e{number}"] for number in range(len(weights))]
    freedom = len(weights) - 1
    assert chi_square(counts, weights) < freedom + 6 * (2 * freedom) ** 0.5


@every_balancer
def test_single_endpoint_is_always_picked(make: Make) -> None:
    balancer = make(states([3]))
    assert {balancer.pick(random.Random(1).getrandbits, b"key").endpoint.id for _ in range(5)} == {"e0"}


def test_base_balancer_chooses_nothing() -> None:
    with pytest.raises(NotImplementedError):
        Balancer(states([1])).pick(random.Random(1).getrandbits, None)


def test_untried_endpoints_share_by_weight_when_most_were_tried() -> None:
    source = random.Random(3)
    balancer = RoundRobin(states([60000, 1, 3]))
    picks = Counter(balancer.pick_untried(source.getrandbits, None, {"e0"}).endpoint.id for _ in range(2000))
    assert chi_square([picks["e1"], picks["e2"]], [1, 3]) < 10
