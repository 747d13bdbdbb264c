"""Views and picks of one backend."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.resources.traffic_policy import Lane
from discovery.backend import Backend
from discovery.balancing.least_request import LeastRequest
from discovery.balancing.maglev import Maglev
from discovery.balancing.peak_ewma import PeakEwma
from discovery.balancing.random import Random
from discovery.balancing.ring_hash import RingHash
from discovery.balancing.round_robin import RoundRobin
from discovery.balancing.subset import Selection
from discovery.endpoint import Endpoint
from tests.support.endpoints import endpoint, endpoint_set, endpoints, plan

TYPES = ["RoundRobin", "LeastRequest", "Random", "PeakEwma", "RingHash", "Maglev"]


def backend(*members: Endpoint, kind: str = "RoundRobin") -> Backend:
    """A backend with these endpoints."""
    made = Backend("shop/orders", plan(policy={"loadBalancer": {"type": kind}}), random.Random(1))
    made.apply(endpoint_set(members))
    return made


def picked(made: Backend, count: int = 20) -> set[str]:
    """Ids of so many picks, each given back."""
    ids = set()
    for _ in range(count):
        lease = made.pick()
        assert lease is not None
        lease.finish()
        ids.add(lease.endpoint.id)
    return ids


def test_before_the_first_view_there_is_nothing_to_pick() -> None:
    made = Backend("shop/orders", plan(), random.Random(1))
    assert made.pick() is None
    assert made.view.generation == 0


@pytest.mark.parametrize("kind", TYPES)
def test_draining_and_weightless_endpoints_get_nothing(kind: str) -> None:
    made = backend(endpoint(0), endpoint(1, 0), endpoint(2, serving=False), endpoint(3), kind=kind)
    assert picked(made, 60) == {"e0", "e3"}


@pytest.mark.parametrize(
    ("sick", "threshold", "wanted"), [(1, 50, 3), (2, 50, 2), (3, 50, 4), (3, 0, 1), (4, 0, 0), (1, 100, 4)]
)
def test_unhealthy_endpoints_get_nothing_unless_too_few_are_healthy(sick: int, threshold: int, wanted: int) -> None:
    made = Backend("shop/orders", plan(policy={"panicThreshold": threshold}), random.Random(1))
    made.apply(endpoint_set([replace(endpoint(number), healthy=number >= sick) for number in range(4)]))
    assert len(picked(made) if made.view.balancer else ()) == wanted


def test_session_does_not_stay_at_an_unhealthy_endpoint() -> None:
    made = backend(endpoint(0), replace(endpoint(1), healthy=False))
    assert made.serves_at("127.0.0.1:9000")
    assert not made.serves_at("127.0.0.1:9001")


@pytest.mark.parametrize("kind", TYPES)
def test_when_none_takes_requests_there_is_none(kind: str) -> None:
    assert backend(endpoint(0, serving=False), endpoint(1, 0), kind=kind).pick() is None
    assert backend(kind=kind).pick() is None


@pytest.mark.parametrize(
    ("kind", "balancer"),
    [
        ("RoundRobin", RoundRobin),
        ("LeastRequest", LeastRequest),
        ("Random", Random),
        ("Maglev", Maglev),
        ("RingHash", RingHash),
        ("PeakEwma", PeakEwma),
    ],
)
def test_policy_names_the_balancer(kind: str, balancer: type) -> None:
    assert type(backend(endpoint(0), kind=kind).view.balancer) is balancer


def test_tried_comes_again_only_where_it_is_the_only_one() -> None:
    made = backend(*endpoints([1, 1]))
    for _ in range(10):
        lease = made.pick(None, ["e0"])
        assert lease is not None and lease.endpoint.id == "e1"
    only = backend(endpoint(0)).pick(b"key", ("e0",))
    assert only is not None and only.endpoint.id == "e0"


def test_counters_survive_changes_of_weight_and_tags() -> None:
    made = backend(*endpoints([1]))
    lease = made.pick()
    assert lease is not None
    assert made.apply(endpoint_set([endpoint(0, 7), endpoint(1)])) == ()
    assert made.view.states[0] is lease.state
    assert lease.state.weight == 7
    assert lease.state.active == 1


def test_endpoint_that_moved_is_another_one() -> None:
    made = backend(endpoint(0))
    before = made.view.states[0]
    assert made.apply(endpoint_set([endpoint(0, address="127.0.0.2")])) == (before.endpoint,)
    assert made.view.states[0] is not before


def test_endpoint_that_left_while_it_worked_comes_back_with_its_counters() -> None:
    made = backend(*endpoints([1, 1]))
    lease = made.pick(None, ["e1"])
    assert lease is not None
    left = made.apply(endpoint_set([endpoint(1)]))
    assert [gone.id for gone in left] == ["e0"]
    assert picked(made) == {"e1"}
    made.apply(endpoint_set(endpoints([1, 1])))
    assert made.view.states[0] is lease.state
    assert lease.state.active == 1


def test_endpoint_that_left_idle_is_forgotten() -> None:
    made = backend(*endpoints([1, 1]))
    before = made.view.states[0]
    made.apply(endpoint_set([endpoint(1)]))
    made.apply(endpoint_set(endpoints([1, 1])))
    assert made.view.states[0] is not before


def test_each_view_is_a_new_one_and_old_ones_stay_as_they_were() -> None:
    made = backend(endpoint(0))
    old = made.view
    made.apply(endpoint_set(endpoints([1, 1])))
    assert len(old.endpoints) == 1
    assert (old.generation, made.view.generation) == (1, 2)
    assert (made.view.source, made.view.as_of_s) == ("static", 1000.0)


def test_changed_policy_keeps_endpoints_and_counters() -> None:
    made = backend(*endpoints([1, 1]))
    states = made.view.states
    made.configure(plan(policy={"loadBalancer": {"type": "Random"}}))
    assert made.view.states == states
    assert type(made.view.balancer) is Random


@given(
    changes=st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.booleans()), max_size=6), max_size=8),
    kind=st.sampled_from(TYPES),
    seed=st.integers(0, 99),
)
def test_whatever_changes_picks_are_of_the_last_view_and_counts_come_out(
    changes: list[list[tuple[int, int, bool]]], kind: str, seed: int
) -> None:
    made = Backend("shop/orders", plan(policy={"loadBalancer": {"type": kind}}), random.Random(seed))
    held = []
    for members in changes:
        told = {number: endpoint(number, weight, serving=serving) for number, weight, serving in members}
        made.apply(endpoint_set(tuple(told.values())))
        usable = {member.id for member in told.values() if member.serving and member.weight}
        for _ in range(4):
            lease = made.pick()
            assert (lease is not None) == bool(usable)
            if lease is not None:
                assert lease.endpoint.id in usable
                held.append(lease)
    active = Counter(id(lease.state) for lease in held)
    assert all(lease.state.active == active[id(lease.state)] for lease in held)
    for lease in held:
        lease.finish()
    assert all(lease.state.active == 0 for lease in held)


def laned(*lanes: str, policy: dict[str, object] | None = None) -> Backend:
    """Endpoints e0, e1, ... in these lanes, "" is the baseline."""
    made = Backend("shop/orders", plan(policy=policy), random.Random(1))
    made.apply(endpoint_set([in_lane(number, lane) for number, lane in enumerate(lanes)]))
    return made


def in_lane(number: int, lane: str) -> Endpoint:
    return replace(endpoint(number), tags={"lane": lane} if lane else {})


def selected(made: Backend, tried: tuple[str, ...] = (), fallback: str = "Baseline", **tags: str) -> set[str]:
    """Ids of picks for a request with `tags` on a route whose lane has that fallback."""
    selection = made.selection_for(tags, Lane.model_validate({"fallback": fallback}))
    leases = [made.pick(None, tried, selection) for _ in range(20)]
    return {lease.endpoint.id for lease in leases if lease is not None}


def test_a_request_keeps_to_its_lane_and_others_to_the_baseline() -> None:
    made = laned("", "canary", "", "canary", "blue")
    assert selected(made, lane="canary") == {"e1", "e3"}
    assert selected(made) == {"e0", "e2"}


@pytest.mark.parametrize(("fallback", "ids"), [("Baseline", {"e0"}), ("Any", {"e0", "e1", "e2"}), ("None", set())])
def test_a_lane_without_an_endpoint_falls_back(fallback: str, ids: set[str]) -> None:
    assert selected(laned("", "canary", "blue"), fallback=fallback, lane="green") == ids


@pytest.mark.parametrize(("fallback", "ids"), [("Baseline", {"e0"}), ("Any", {"e0", "e2"}), ("None", set())])
def test_a_lane_whose_last_endpoint_failed_falls_back(fallback: str, ids: set[str]) -> None:
    assert selected(laned("", "canary", "blue"), ("e1",), fallback, lane="canary") == ids


def test_when_all_have_failed_there_is_none() -> None:
    assert selected(laned("", "canary"), ("e0", "e1"), "Any", lane="canary") == set()


def test_an_endpoint_that_takes_no_requests_is_no_endpoint_of_its_lane() -> None:
    made = Backend("shop/orders", plan(), random.Random(1))
    made.apply(endpoint_set([endpoint(0), replace(in_lane(1, "canary"), serving=False)]))
    assert selected(made, lane="canary") == {"e0"}


def test_without_a_baseline_a_request_of_no_lane_finds_none() -> None:
    assert selected(laned("canary")) == set()
    assert selected(laned("canary"), fallback="Any") == {"e0"}


def test_a_backend_without_lanes_serves_all() -> None:
    made = laned("canary", "")
    assert made.selection_for({"lane": "canary"}, None) is None
    assert picked(made) == {"e0", "e1"}


def test_the_subset_of_the_backend_goes_before_the_lane_of_the_route() -> None:
    made = laned("", "canary", policy={"subset": {"tags": ["version", "lane"], "fallback": "None"}})
    assert selected(made, fallback="Any", version="v1") == set()
    assert selected(made, lane="canary") == {"e1"}
    made.configure(plan())
    assert selected(made, fallback="Any", version="v1") == {"e0"}


def test_turns_of_a_lane_go_on_over_a_change_of_the_view() -> None:
    made = laned("a", "a", "a", "")
    selection = made.selection_for({"lane": "a"}, Lane())
    counts: Counter[str] = Counter()
    for _ in range(30):
        lease = made.pick(None, (), selection)
        assert lease is not None
        counts[lease.endpoint.id] += 1
        made.apply(endpoint_set([in_lane(number, lane) for number, lane in enumerate(["a", "a", "a", ""])]))
    assert counts == {"e0": 10, "e1": 10, "e2": 10}


def test_an_endpoint_that_is_named_is_the_only_one() -> None:
    made = Backend("shop/orders", plan(), random.Random(1))
    made.apply(endpoint_set([endpoint(0), endpoint(1, serving=False), endpoint(2, address="2001:db8::1")]))
    for place, identity in (("127.0.0.1:9001", "e1"), ("[2001:db8::1]:9002", "e2")):
        selection = Selection((), (), "None", place)
        lease = made.pick(None, (), selection)
        assert lease is not None
        assert lease.endpoint.id == identity
        assert made.pick(None, (identity,), selection) is None
        assert [state.endpoint.id for state in made.eligible(selection)] == [identity]
    missing = Selection((), (), "None", "127.0.0.1:1")
    assert made.pick(None, (), missing) is None
    assert list(made.eligible(missing)) == []


def test_groupings_are_bounded() -> None:
    made = laned("", "canary")
    for number in range(200):
        selection = made.selection_for({}, Lane(tag=f"t{number}"))
        assert made.pick(None, (), selection) is not None


def unwell(number: int, **more: object) -> Endpoint:
    return replace(endpoint(number), healthy=False, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", TYPES)
def test_an_unhealthy_endpoint_gets_nothing_while_enough_are_healthy(kind: str) -> None:
    made = backend(endpoint(0), unwell(1), endpoint(2), endpoint(3), kind=kind)
    assert "e1" not in picked(made, 60)
    for tried in (("e0",), ("e0", "e2"), ("e0", "e2", "e3")):
        lease = made.pick(b"key", tried)
        assert lease is not None and lease.endpoint.id != "e1"


@pytest.mark.parametrize("kind", TYPES)
def test_when_all_are_unhealthy_all_are_used_and_it_is_counted(kind: str) -> None:
    panics: list[int] = []
    policy = {"loadBalancer": {"type": kind, "maglev": {"tableSize": 251}}}
    made = Backend("b", plan(policy=policy), random.Random(1), count_panic=lambda: panics.append(1))
    made.apply(endpoint_set([unwell(0), unwell(1)]))
    assert picked(made, 40) == {"e0", "e1"}
    assert len(panics) == 40
    made.apply(endpoint_set([endpoint(0), unwell(1)]))
    assert picked(made, 10) == {"e0"}
    assert len(panics) == 40


def test_with_a_threshold_of_0_unhealthy_endpoints_get_nothing_ever() -> None:
    made = Backend("b", plan(policy={"panicThreshold": 0}), random.Random(1))
    made.apply(endpoint_set([unwell(0)]))
    assert made.pick() is None


def test_a_lane_without_a_healthy_endpoint_falls_back_and_without_a_fallback_does_what_it_can() -> None:
    made = Backend("b", plan(), random.Random(1))
    canary = replace(in_lane(1, "canary"), healthy=False)
    made.apply(endpoint_set([endpoint(0), endpoint(2), canary]))
    assert selected(made, lane="canary") == {"e0", "e2"}
    assert selected(made, fallback="Any", lane="canary") == {"e0", "e2"}
    assert selected(made, fallback="None", lane="canary") == {"e1"}
    made.configure(plan(policy={"panicThreshold": 0}))
    assert selected(made, fallback="None", lane="canary") == set()


def test_a_session_leaves_an_endpoint_that_is_unhealthy() -> None:
    made = backend(endpoint(0), unwell(1), endpoint(2))
    assert made.serves_at("127.0.0.1:9000")
    assert not made.serves_at("127.0.0.1:9001")
    made.apply(endpoint_set([unwell(0), unwell(1)]))
    assert made.serves_at("127.0.0.1:9001")


def test_a_new_endpoint_starts_slowly_and_the_first_ones_do_not() -> None:
    now = [0]
    policy = {"slowStart": {"window": "10s"}, "loadBalancer": {"type": "Random"}}
    made = Backend("b", plan(policy=policy), random.Random(1), lambda: now[0])
    made.apply(endpoint_set(endpoints([1, 1])))
    assert made.growth_step_ns == 0
    made.apply(endpoint_set(endpoints([1, 1, 1])))
    assert made.growth_step_ns == 500_000_000
    assert [state.weight for state in made.view.states] == [100, 100, 10]
    now[0] = 5 * 10**9
    made.grow()
    assert [state.weight for state in made.view.states] == [100, 100, 50]
    now[0] = 10 * 10**9
    made.grow()
    assert [state.weight for state in made.view.states] == [1, 1, 1]
    assert made.growth_step_ns == 0


def test_an_endpoint_that_got_well_starts_slowly() -> None:
    now = [10**9]
    made = Backend("b", plan(policy={"slowStart": {"window": "10s"}}), random.Random(1), lambda: now[0])
    made.apply(endpoint_set([endpoint(0), endpoint(1), unwell(2)]))
    made.apply(endpoint_set([endpoint(0), endpoint(1), endpoint(2)]))
    assert [state.weight for state in made.view.states] == [100, 100, 10]
    for _ in range(5):
        # Flapping begins anew each time, and nothing piles up.
        made.apply(endpoint_set([endpoint(0), endpoint(1), unwell(2)]))
        now[0] += 10**9
        made.apply(endpoint_set([endpoint(0), endpoint(1), endpoint(2)]))
    assert [state.weight for state in made.view.states] == [100, 100, 10]


def test_what_is_known_of_latency_outlives_every_change() -> None:
    now = [0]
    made = Backend("b", plan(policy={"loadBalancer": {"type": "PeakEwma"}}), random.Random(1), lambda: now[0])
    made.apply(endpoint_set(endpoints([1, 1])))
    lease = made.pick(None, ("e1",))
    assert lease is not None
    now[0] = 5000
    lease.answered(200)
    lease.finish()
    for members in (endpoints([7, 1, 1]), (unwell(0), endpoint(1)), endpoints([1, 1])):
        made.apply(endpoint_set(members))
    latency = made.view.states[0].latency
    assert latency is not None
    assert latency.at(5000) == 5000.0


@pytest.mark.parametrize("kind", TYPES)
def test_ten_thousand_endpoints_and_none(kind: str) -> None:
    balancing = {"type": kind, "maglev": {"tableSize": 10007}, "ringHash": {"minSize": 1, "maxSize": 16}}
    made = Backend("b", plan(policy={"loadBalancer": balancing}), random.Random(1))
    made.apply(endpoint_set(endpoints([1, 65535] * 5000)))
    assert made.pick(b"key") is not None
    made.apply(endpoint_set([]))
    assert made.pick(b"key") is None


def test_tags_that_nobody_has_cost_no_balancer() -> None:
    made = laned("canary")
    for number in range(300):
        assert made.pick(None, (), made.selection_for({"lane": f"x{number}"}, Lane(fallback="None"))) is None
    selection = made.selection_for({"lane": "canary"}, Lane())
    assert made.pick(None, (), selection) is not None


@given(
    members=st.lists(
        st.tuples(st.integers(0, 3), st.booleans(), st.booleans(), st.sampled_from(["", "east", "west"])), max_size=8
    ),
    tried=st.sets(st.integers(0, 8)),
    kind=st.sampled_from(TYPES),
    locality=st.sampled_from([None, {"zone": "east"}, {"mode": "Weighted"}]),
    threshold=st.sampled_from([0, 50, 100]),
    key=st.sampled_from([None, b"", b"key"]),
)
def test_nobody_unhealthy_or_tried_is_picked_while_another_is_there(
    members: list[tuple[int, bool, bool, str]],
    tried: set[int],
    kind: str,
    locality: dict[str, str] | None,
    threshold: int,
    key: bytes | None,
) -> None:
    balancing = {"type": kind, "maglev": {"tableSize": 11}, "ringHash": {"minSize": 8}, "hashBalanceFactor": 150}
    policy = {"loadBalancer": balancing, "locality": locality, "panicThreshold": threshold}
    made = Backend("b", plan(policy=policy), random.Random(3))
    made.apply(
        endpoint_set(
            [
                replace(endpoint(number, weight, serving=serving), healthy=healthy, zone=zone)
                for number, (weight, serving, healthy, zone) in enumerate(members)
            ]
        )
    )
    serving_ids = {f"e{number}" for number, (weight, serving, _, _) in enumerate(members) if weight and serving}
    healthy_ids = {f"e{number}" for number, member in enumerate(members) if member[2]} & serving_ids
    panic = len(healthy_ids) * 100 < threshold * len(serving_ids)
    allowed = serving_ids if panic else healthy_ids
    tried_ids = {f"e{number}" for number in tried}
    for _ in range(4):
        lease = made.pick(key, tried_ids)
        assert (lease is not None) == bool(allowed)
        if lease is not None:
            assert lease.endpoint.id in allowed
            assert lease.endpoint.id not in tried_ids or allowed <= tried_ids
