"""Balance: how evenly each balancer loads endpoints that are alike, and what that does to latency."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.simulation.clients import Outcomes
from benchmarks.simulation.endpoints import Service
from benchmarks.simulation.events import MS_NS, SECOND_NS
from benchmarks.simulation.fleet import Fleet, Policy, Size
from benchmarks.simulation.measures import percentile, variation
from benchmarks.simulation.page import Table
from benchmarks.simulation.scenarios.scenario import Scenario

SERVICE = Service(mean_ns=100 * MS_NS)
KEYS = 100_000
WARM_PART = 0.3
"""Of the time, before figures count: PeakEwma has met its endpoints by then, as far as it does."""
LOADS = (0.6, 0.85)
DRAIN_NS = 30 * SECOND_NS
"""After the clients have stopped: all that waits is answered by then."""


def of(kind: str, **further: object) -> Policy:
    """A policy with that balancer."""
    return {"loadBalancer": {"type": kind, **further}}


BALANCERS: dict[str, Policy] = {
    "Random": of("Random"),
    "RoundRobin": of("RoundRobin"),
    "LeastRequest": of("LeastRequest"),
    "PeakEwma": of("PeakEwma"),
    "RingHash": of("RingHash"),
    "Maglev": of("Maglev"),
    "LeastRequest, maxEndpoints 20": {**of("LeastRequest"), "subset": {"maxEndpoints": 20}},
    "PeakEwma, maxEndpoints 20": {**of("PeakEwma"), "subset": {"maxEndpoints": 20}},
}


@dataclass(frozen=True, slots=True)
class Found:
    """Of the requests per endpoint, `variation` (deviation over mean) and `busiest` over the mean; latencies in mean
    service times.
    """

    variation: float
    busiest: float
    p50: float
    p99: float
    failed: float


def run(size: Size, policy: Policy) -> list[Found]:
    """One balancer at all loads, one after the other, each for `size.seconds`."""
    fleet = Fleet(size, policy, SERVICE)
    return [_under(fleet, load) for load in LOADS]


def _under(fleet: Fleet, load: float) -> Found:
    events, lasts_ns = fleet.events, int(fleet.size.seconds * SECOND_NS)
    outcomes = Outcomes(events, events.now_ns + int(lasts_ns * WARM_PART))
    end_ns = events.now_ns + lasts_ns
    clients = fleet.clients(load, outcomes, keys=KEYS)
    events.run_until(outcomes.since_ns)
    before = fleet.taken()
    events.run_until(end_ns)
    clients.stop()
    taken = [count - before[identity] for identity, count in fleet.taken().items()]
    events.run_until(end_ns + DRAIN_NS)
    mean = SERVICE.mean_ns
    return Found(
        variation(taken),
        max(taken) * len(taken) / sum(taken),
        percentile(outcomes.latencies_ns, 50) / mean,
        percentile(outcomes.latencies_ns, 99) / mean,
        outcomes.failed,
    )


def table(size: Size) -> Table:
    """All balancers at all loads."""
    rows = []
    for name, policy in BALANCERS.items():
        cells = [name]
        for found in run(size, policy):
            cells += [f"{found.variation:.3f}", f"{found.busiest:.2f}", f"{found.p50:.2f}", f"{found.p99:.2f}"]
        rows.append(tuple(cells))
    heads = [f"{what}, {load:.0%} load" for load in LOADS for what in ("variation", "busiest", "p50", "p99")]
    return Table(
        f"Seed {size.seed}; {size.gateways} gateways, {size.endpoints:,} endpoints of {SERVICE.at_once} requests at "
        f"once, lognormal service time; {size.seconds:g} s of each load, of which the last {1 - WARM_PART:.0%} count; "
        f"{KEYS:,} keys; latencies in mean service times",
        ("balancer", *heads),
        tuple(rows),
    )


BALANCE = Scenario("balance", "spread and latency by balancer at 60 % and 85 % load", Size(seconds=1.5), table)
