"""Health, zones and subsets before the balancer: who may be picked at all."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from config.resources.backend_policy import BackendPolicySpec
from discovery.arrangement import Arrangement, count_running
from discovery.balancing.balancer import Balancer
from discovery.balancing.round_robin import RoundRobin
from discovery.balancing.zones import Zones
from discovery.lease import EndpointState
from discovery.whereabouts import Whereabouts
from tests.support.endpoints import endpoint

DRAW = random.Random(1).getrandbits


def members(healths: Sequence[int], zones: Sequence[str] = ()) -> list[EndpointState]:
    made = [replace(endpoint(number), healthy=bool(health)) for number, health in enumerate(healths)]
    if zones:
        made = [replace(each, zone=zone) for each, zone in zip(made, zones, strict=True)]
    return [EndpointState(each) for each in made]


def arrangement(policy: Mapping[str, object], here: Whereabouts = Whereabouts("east", 3)) -> Arrangement:  # noqa: B008
    return Arrangement(BackendPolicySpec.model_validate(policy), here, DRAW, lambda: 0)


def ids(balancer: Balancer | None) -> list[str]:
    return [] if balancer is None else sorted(state.endpoint.id for state in balancer.states)


@pytest.mark.parametrize(
    ("healths", "threshold", "used", "panic"),
    [
        ([1, 1, 0, 0], 50, ["e0", "e1"], False),
        ([1, 0, 0, 0], 50, ["e0", "e1", "e2", "e3"], True),
        ([1, 0, 0, 0], 25, ["e0"], False),
        ([1, 0, 0, 0], 0, ["e0"], False),
        ([1, 1, 1, 0], 100, ["e0", "e1", "e2", "e3"], True),
        ([1, 1, 1], 100, ["e0", "e1", "e2"], False),
    ],
)
def test_under_the_threshold_health_is_ignored(
    healths: list[int], threshold: int, used: list[str], panic: bool
) -> None:
    balancer = arrangement({"panicThreshold": threshold}).arrange(members(healths), None)
    assert ids(balancer) == used
    assert balancer is not None and balancer.panic == panic


def test_where_none_is_healthy_it_is_for_the_caller_to_say() -> None:
    made = arrangement({})
    assert made.arrange(members([0, 0]), None) is None
    assert made.arrange([], None) is None
    assert ids(made.arrange_all(members([0, 0]), None)) == ["e0", "e1"]
    assert made.arrange_all([], None) is None
    assert arrangement({"panicThreshold": 0}).arrange_all(members([0, 0]), None) is None


def test_zones_count_where_the_policy_says_so_and_the_own_one_is_known() -> None:
    given = members([1, 1, 0], ["east", "west", "west"])
    assert type(arrangement({"locality": {}}).arrange(given, None)) is Zones
    for policy in ({}, {"locality": {"mode": "Off"}}):
        assert type(arrangement(policy).arrange(given, None)) is RoundRobin
    assert type(arrangement({"locality": {}}, Whereabouts()).arrange(given, None)) is RoundRobin
    named = arrangement({"locality": {"zone": "west"}}, Whereabouts()).arrange(given, None)
    assert isinstance(named, Zones)
    assert [state.endpoint.id for state in named.balancers[0].states] == ["e1"]


def test_in_a_panic_zones_do_not_count() -> None:
    balancer = arrangement({"locality": {}}).arrange(members([0, 0, 1], ["east", "east", "west"]), None)
    assert type(balancer) is RoundRobin
    assert balancer.panic


def test_turns_of_a_zone_go_on_over_a_change() -> None:
    made = arrangement({"locality": {}})
    given = members([1, 1, 1, 1], ["east", "east", "east", "west"])
    before = made.arrange(given, None)
    assert before is not None
    picks = [before.pick(lambda _: 0, None).endpoint.id for _ in range(2)]
    after = made.arrange(given, before)
    assert after is not None
    assert after.pick(lambda _: 0, None).endpoint.id not in picks


def test_a_subset_is_of_the_healthy_ones() -> None:
    policy = {"subset": {"maxEndpoints": 3}}
    given = members([1] * 12)
    first = ids(arrangement(policy).arrange(given, None))
    assert len(first) == 3
    assert first != ids(arrangement(policy, Whereabouts("", 4)).arrange(given, None))
    given = [EndpointState(replace(state.endpoint, healthy=state.endpoint.id != first[0])) for state in given]
    second = ids(arrangement(policy).arrange(given, None))
    assert len(second) == 3
    assert first[0] not in second
    assert len(set(first) & set(second)) >= 1


def test_each_zone_has_a_subset_of_its_own() -> None:
    given = members([1] * 20, ["east"] * 10 + ["west"] * 10)
    balancer = arrangement({"subset": {"maxEndpoints": 4}, "locality": {}}).arrange(given, None)
    assert isinstance(balancer, Zones)
    assert [len(each.states) for each in balancer.balancers] == [4, 4]
    weighted = arrangement({"subset": {"maxEndpoints": 4}, "locality": {"mode": "Weighted"}}).arrange(given, None)
    assert isinstance(weighted, Zones)
    assert [len(each.states) for each in weighted.balancers] == [2, 2]


@pytest.mark.parametrize("kind", ["RingHash", "Maglev"])
def test_bounded_load_is_kept_in_each_zone(kind: str) -> None:
    balancing = {"type": kind, "hashBalanceFactor": 101, "maglev": {"tableSize": 251}}
    given = members([1] * 6, ["east"] * 4 + ["west"] * 2)
    balancer = arrangement({"loadBalancer": balancing, "locality": {}}).arrange(given, None)
    count_running(balancer)
    assert balancer is not None
    for _ in range(7):
        balancer.pick(DRAW, b"hot").lease()
    home = {state.endpoint.zone for state in given if state.active}
    assert len(home) == 1
    assert sum(state.active for state in given) == 7
    assert max(state.active for state in given) == 2


def test_growth_is_the_policys_and_not_for_keys() -> None:
    start = {"slowStart": {"window": "30s", "aggression": 2.0, "minWeightPercent": 20}}
    assert arrangement(start).growth == (30 * 10**9, 2.0, 0.2)
    assert arrangement({**start, "loadBalancer": {"type": "Maglev"}}).growth is None
    assert arrangement({"slowStart": {"window": "0s"}}).growth is None
