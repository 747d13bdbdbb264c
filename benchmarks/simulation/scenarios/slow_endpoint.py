"""Slow endpoint: one of ten takes ten times as long; how much of that clients see, by balancer."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.simulation.clients import Outcomes
from benchmarks.simulation.endpoints import Service
from benchmarks.simulation.events import MS_NS, SECOND_NS
from benchmarks.simulation.fleet import Fleet, Policy, Size
from benchmarks.simulation.measures import percentile
from benchmarks.simulation.page import Table
from benchmarks.simulation.scenarios.balance import DRAIN_NS, WARM_PART, of
from benchmarks.simulation.scenarios.scenario import Scenario

MANY = Service(mean_ns=50 * MS_NS, at_once=16)
"""Of the small fleet: there, a thousand requests a second come to few endpoints."""
FEW = Service(mean_ns=100 * MS_NS)
EVERY = 10
FACTOR = 10.0
LOADS = (0.3, 0.5, 0.7, 0.85)
GOAL = 1.3
SUBSET: Policy = {"subset": {"maxEndpoints": 20}}


@dataclass(frozen=True, slots=True)
class Found:
    """`p99` over that of the same fleet with none slow; the part of the requests that the slow ones got."""

    p99: float
    slow_part: float


def run(size: Size, policy: Policy, load: float, service: Service) -> Found:
    """With the slow ones, and without."""
    healthy, _ = _latency(size, policy, load, service, 1.0)
    slowed, part = _latency(size, policy, load, service, FACTOR)
    return Found(slowed / healthy, part)


def _latency(size: Size, policy: Policy, load: float, service: Service, factor: float) -> tuple[int, float]:
    fleet = Fleet(size, policy, service, factor=lambda number: factor if number % EVERY == EVERY - 1 else 1.0)
    end_ns = int(size.seconds * SECOND_NS)
    outcomes = Outcomes(fleet.events, int(end_ns * WARM_PART))
    clients = fleet.clients(load, outcomes)
    fleet.events.run_until(outcomes.since_ns)
    before = fleet.taken()
    fleet.events.run_until(end_ns)
    clients.stop()
    taken = [count - before[identity] for identity, count in fleet.taken().items()]
    fleet.events.run_until(end_ns + DRAIN_NS)
    return percentile(outcomes.latencies_ns, 99), sum(taken[EVERY - 1 :: EVERY]) / sum(taken)


def table(size: Size) -> Table:
    """A small fleet, where each gateway knows its endpoints, and a large one, with subsets and without."""
    small = Size(10, 10, 2 * size.seconds, size.seed)
    fleets: list[tuple[str, Size, Policy]] = [
        ("10 gateways, 10 endpoints", small, {}),
        (f"{size.gateways} gateways, {size.endpoints:,} endpoints, maxEndpoints 20", size, SUBSET),
        (f"{size.gateways} gateways, {size.endpoints:,} endpoints", size, {}),
    ]
    rows = []
    for kind in ("RoundRobin", "LeastRequest", "PeakEwma"):
        for name, each, further in fleets:
            if each is not small and kind != "PeakEwma":
                continue
            cells = [f"{kind}; {name}"]
            for load in LOADS if each is small else LOADS[1:2]:
                found = run(each, {**of(kind), **further}, load, MANY if each is small else FEW)
                cells.append(f"{found.p99:.2f} ({found.slow_part:.2%})")
            if each is not small:
                cells[1:1] = [""]
                cells += [""] * (len(LOADS) - 2)
            rows.append(tuple(cells))
    return Table(
        f"Seed {size.seed}; one endpoint of {EVERY} at {FACTOR:g} times the latency; {MANY.at_once} requests at once "
        f"in the small fleet, {FEW.at_once} in the large one; {small.seconds:g} and {size.seconds:g} s, of which the "
        f"last {1 - WARM_PART:.0%} count; p99 over that of the fleet without slow ones, and the part of the requests "
        "that the slow ones got",
        ("balancer and fleet", *(f"{load:.0%} load" for load in LOADS)),
        tuple(rows),
    )


SLOW_ENDPOINT = Scenario("slow-endpoint", "one endpoint of ten at ten times the latency", Size(seconds=3.0), table)
