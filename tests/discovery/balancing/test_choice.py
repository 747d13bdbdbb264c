"""Each type of `loadBalancer` with what it takes from the policy."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from config.resources.backend_policy import LoadBalancer
from discovery.balancing.balancer import Balancer
from discovery.balancing.choice import KEYED, balancer_over, measure_as
from discovery.balancing.keyed import KeyedBalancer
from discovery.balancing.round_robin import RoundRobin
from tests.support.endpoints import states


def made(members: int, spec: Mapping[str, object], previous: Balancer | None = None) -> Balancer:
    return balancer_over(states([1] * members), LoadBalancer.model_validate(spec), lambda: 0, previous, 0)


@pytest.mark.parametrize("kind", ["RoundRobin", "LeastRequest", "PeakEwma", "Random", "RingHash", "Maglev"])
def test_every_type_has_a_balancer_of_its_name(kind: str) -> None:
    balancer = made(3, {"type": kind})
    assert type(balancer).__name__ == kind
    assert isinstance(balancer, KeyedBalancer) == (kind in KEYED)


def test_turns_go_on_from_the_balancer_of_before() -> None:
    before = made(3, {})
    assert isinstance(before, RoundRobin)
    first = before.pick(lambda bits: 0, None).endpoint.id
    assert made(3, {}, before).pick(lambda bits: 0, None).endpoint.id != first


@pytest.mark.parametrize("kind", KEYED)
def test_bounded_load_is_the_policys(kind: str) -> None:
    free, bounded = made(4, {"type": kind}), made(4, {"type": kind, "hashBalanceFactor": 101})
    for balancer in (free, bounded):
        for _ in range(20):
            balancer.pick(lambda bits: 0, b"hot").lease()
    assert max(state.active for state in free.states) == 20
    assert max(state.active for state in bounded.states) <= 6


def test_functions_and_sizes_are_the_policys() -> None:
    specs: list[Mapping[str, object]] = [
        {"type": "RingHash"},
        {"type": "RingHash", "ringHash": {"function": "Murmur2"}},
        {"type": "RingHash", "ringHash": {"minSize": 4, "maxSize": 4}},
        {"type": "Maglev", "maglev": {"tableSize": 251}},
        {"type": "Maglev", "maglev": {"tableSize": 7}},
    ]
    owners = {
        tuple(made(4, spec).pick(lambda bits: 0, b"user-%d" % number).endpoint.id for number in range(40))
        for spec in specs
    }
    assert len(owners) == len(specs)


def test_latency_is_measured_while_it_is_asked_for_and_kept_over_a_change() -> None:
    (state,) = states([1])
    measure_as(state, LoadBalancer.model_validate({"type": "PeakEwma"}), lambda: 0)
    latency = state.latency
    assert latency is not None
    latency.observe(100)
    measure_as(state, LoadBalancer.model_validate({"type": "PeakEwma", "decay": "1s"}), lambda: 0)
    assert state.latency is latency
    assert latency.at(1_000_000_000) == pytest.approx(36.79, abs=0.01)
    measure_as(state, LoadBalancer.model_validate({}), lambda: 0)
    assert state.latency is None
