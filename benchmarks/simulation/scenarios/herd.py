"""Herd: what share of all requests rushes to an endpoint that is new or comes back, while it looks idle to all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.simulation.clients import Outcomes
from benchmarks.simulation.endpoints import Service
from benchmarks.simulation.events import MS_NS, SECOND_NS
from benchmarks.simulation.fleet import Fleet, Policy, Size, unhealthy
from benchmarks.simulation.page import Table
from benchmarks.simulation.scenarios.balance import of
from benchmarks.simulation.scenarios.scenario import Scenario

SERVICE = Service(mean_ns=100 * MS_NS, at_once=128)
"""Large, so that a gateway of a hundred has about one request at each."""
LOAD = 0.6
QUIET_NS = SECOND_NS // 2
WINDOW_NS = 100 * MS_NS
FAST = 0.1
"""Factor of the new one's service time."""
SLOW_START: Policy = {"slowStart": {"window": "1s"}}

Event = Literal["appears", "recovers"]

BALANCERS: dict[str, Policy] = {
    "RoundRobin": of("RoundRobin"),
    "LeastRequest, choices 2": of("LeastRequest", choices=2),
    "LeastRequest, choices 16 (all)": of("LeastRequest", choices=16),
    "PeakEwma, choices 2": of("PeakEwma", choices=2),
    "PeakEwma, choices 16 (all)": of("PeakEwma", choices=16),
}


@dataclass(frozen=True, slots=True)
class Found:
    """In fair shares (1 is what each would get of evenly spread requests): the `highest` of any 100 ms after the event,
    the one of the `first` 100 ms, and the mean of the last half second (`settled`).
    """

    highest: float
    first: float
    settled: float


def run(size: Size, policy: Policy, event: Event, service: Service = SERVICE) -> Found:
    """The last endpoint joins, ten times as fast as the others, or is back and like them."""
    last = size.endpoints - 1
    fleet = Fleet(size, policy, service, factor=lambda number: FAST if number == last and event == "appears" else 1.0)
    newcomer = fleet.members[last]
    if event == "appears":
        fleet.tell_all(fleet.members[:last])
    else:
        fleet.tell_all(unhealthy(fleet.members, lambda each: each.id == newcomer.id))
    fleet.clients(LOAD, Outcomes(fleet.events))
    events = fleet.events
    events.run_until(QUIET_NS)
    # As of now all gateways know: a herd is worst when nobody is late.
    fleet.tell_all([replace(each, healthy=True) for each in fleet.members])
    shares = []
    while events.now_ns < QUIET_NS + int(size.seconds * SECOND_NS):
        before = fleet.taken()
        events.run_until(events.now_ns + WINDOW_NS)
        taken = {identity: count - before[identity] for identity, count in fleet.taken().items()}
        shares.append(taken[newcomer.id] * size.endpoints / sum(taken.values()))
    tail = shares[-SECOND_NS // WINDOW_NS // 2 :]
    return Found(max(shares), shares[0], sum(tail) / len(tail))


def table(size: Size) -> Table:
    """All balancers, both events, slow start off and on."""
    rows = []
    for name, policy in BALANCERS.items():
        for label, further in (("off", {}), ("1s", SLOW_START)):
            cells = [name, label]
            events: tuple[Event, ...] = ("appears", "recovers")
            for event in events:
                found = run(size, {**policy, **further}, event)
                cells += [f"{found.highest:.2f}", f"{found.first:.2f}", f"{found.settled:.2f}"]
            rows.append(tuple(cells))
    heads = [f"{event}: {what}" for event in ("appears", "recovers") for what in ("highest", "first", "settled")]
    return Table(
        f"Seed {size.seed}; {size.gateways} gateways, {size.endpoints} endpoints of {SERVICE.at_once} requests at "
        f"once, {LOAD:.0%} load; {size.seconds:g} s after the event; shares in multiples of the fair one, "
        f"1/{size.endpoints}",
        ("balancer", "slow start", *heads),
        tuple(rows),
    )


HERD = Scenario(
    "herd",
    "the rush to an endpoint that is new or comes back",
    Size(endpoints=16, seconds=1.5),
    table,
)
