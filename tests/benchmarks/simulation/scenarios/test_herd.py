"""Herds in a small fleet: two draws bound them, a search for the best of all does not."""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks.simulation.endpoints import Service
from benchmarks.simulation.events import MS_NS
from benchmarks.simulation.fleet import Size
from benchmarks.simulation.scenarios.herd import BALANCERS, SLOW_START, Event, Found, run

SMALL = Size(gateways=10, endpoints=16, seconds=1.0)
SERVICE = Service(mean_ns=100 * MS_NS, at_once=64)
NOISE = 1.25
"""A hundred milliseconds have few requests here."""


@cache
def found(balancer: str, event: Event, *, slow_start: bool = False) -> Found:
    further = SLOW_START if slow_start else {}
    return run(SMALL, {**BALANCERS[balancer], **further}, event, SERVICE)


@pytest.mark.parametrize("event", ["appears", "recovers"])
@pytest.mark.parametrize("balancer", ["LeastRequest, choices 2", "PeakEwma, choices 2"])
def test_two_draws_send_at_most_twice_the_fair_share(balancer: str, event: Event) -> None:
    assert found(balancer, event).highest < 2.0 * NOISE


def test_best_of_all_by_latency_sends_nearly_everything_to_a_fast_one() -> None:
    assert found("PeakEwma, choices 16 (all)", "appears").highest > 10.0


def test_round_robin_knows_no_herd() -> None:
    for event in ("appears", "recovers"):
        assert found("RoundRobin", event).highest < NOISE


@pytest.mark.parametrize("balancer", [name for name in BALANCERS if not name.startswith("RoundRobin")])
def test_slow_start_halves_the_rush_to_one_that_comes_back(balancer: str) -> None:
    slow = found(balancer, "recovers", slow_start=True)
    assert slow.first <= 0.75 * found(balancer, "recovers").first
