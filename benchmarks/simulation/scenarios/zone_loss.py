"""Zone loss: three zones, requests stay in their own, and endpoints of a zone or two stop taking connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.simulation.clients import Outcomes, at
from benchmarks.simulation.endpoints import Service
from benchmarks.simulation.events import MS_NS, SECOND_NS
from benchmarks.simulation.fleet import Fleet, Policy, Size, unhealthy
from benchmarks.simulation.measures import percentile
from benchmarks.simulation.page import Table
from benchmarks.simulation.scenarios.balance import of
from benchmarks.simulation.scenarios.scenario import Scenario
from discovery.endpoint import Endpoint

SERVICE = Service(mean_ns=100 * MS_NS, at_once=2)
LOAD = 0.55
LOST_NS = SECOND_NS
KNOWN_NS = 2 * SECOND_NS
"""When checks are sure; gateways hear of it within the half second after."""
SETTLED_NS = 3 * SECOND_NS
ZONES = 3

Lost = Callable[[Endpoint], bool]


@dataclass(frozen=True, slots=True)
class Setup:
    """Which endpoints are `lost`; `checked`: the gateways are told so, else they have only what traffic sees."""

    lost: Lost
    policy: Policy
    checked: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """Of the time from 3 s on, but for `unnoticed`, the errors between the loss and then: `shares` of the requests by
    zone, `busy` part of the survivors' time per zone that has any, clients' `failed` part, p99 in mean service times,
    part of the picks in `panic`, the `ejected` endpoints of a gateway on average.
    """

    shares: tuple[float, ...]
    busy: tuple[float, ...]
    unnoticed: float
    failed: float
    p99: float
    panic: float
    ejected: float


def preferring(**further: object) -> Policy:
    """LeastRequest in the own zone."""
    return {**of("LeastRequest"), "locality": {"mode": "PreferLocal", "spillAt": 70}, **further}


def run(size: Size, setup: Setup) -> Found:
    """A second of peace, then the loss."""
    fleet = Fleet(size, setup.policy, SERVICE, zones=ZONES)
    events = fleet.events
    first, between, after = Outcomes(events), Outcomes(events), Outcomes(events)
    clients = fleet.clients(LOAD, first)
    events.run_until(LOST_NS)
    lost = {member.id for member in fleet.members if setup.lost(member)}
    for identity in lost:
        fleet.endpoints[identity].down = True
    clients.outcomes = between
    at(events, SETTLED_NS, after, clients)
    events.run_until(KNOWN_NS)
    if setup.checked:
        fleet.tell_within(unhealthy(fleet.members, setup.lost), SECOND_NS // 2)
    events.run_until(SETTLED_NS)
    picked, busy = _picked(fleet), _busy(fleet)
    picks, panics = _sums(fleet)
    events.run_until(SETTLED_NS + int(size.seconds * SECOND_NS))
    zones = {f"z{number}": 0 for number in range(ZONES)}
    worked: dict[str, list[float]] = {zone: [] for zone in zones}
    later_picked, later_busy = _picked(fleet), _busy(fleet)
    room_ns = size.seconds * SECOND_NS * SERVICE.at_once
    for member in fleet.members:
        zones[member.zone] += later_picked[member.id] - picked[member.id]
        if member.id not in lost:
            worked[member.zone].append((later_busy[member.id] - busy[member.id]) / room_ns)
    later_picks, later_panics = _sums(fleet)
    total = sum(zones.values())
    return Found(
        tuple(count / max(1, total) for count in zones.values()),
        tuple(sum(parts) / len(parts) for parts in worked.values() if parts),
        between.failed,
        after.failed,
        percentile(after.latencies_ns, 99) / SERVICE.mean_ns,
        (later_panics - panics) / max(1, later_picks - picks),
        sum(gateway.ejected for gateway in fleet.gateways) / len(fleet.gateways),
    )


def _picked(fleet: Fleet) -> dict[str, int]:
    counts = dict.fromkeys(fleet.endpoints, 0)
    for gateway in fleet.gateways:
        for state in gateway.backend.view.states:
            counts[state.endpoint.id] += state.picked
    return counts


def _busy(fleet: Fleet) -> dict[str, int]:
    return {identity: endpoint.busy_ns for identity, endpoint in fleet.endpoints.items()}


def _sums(fleet: Fleet) -> tuple[int, int]:
    seen = [gateway.seen for gateway in fleet.gateways]
    return sum(each.picks for each in seen), sum(each.panics for each in seen)


def none(member: Endpoint) -> bool:
    """No endpoint."""
    return False


def half_of_one(member: Endpoint) -> bool:
    """Every second one of zone z2."""
    return member.zone == "z2" and int(member.id[1:]) // ZONES % 2 == 0


def one(member: Endpoint) -> bool:
    """Zone z2."""
    return member.zone == "z2"


def two(member: Endpoint) -> bool:
    """Zones z1 and z2."""
    return member.zone != "z0"


SETUPS: Mapping[str, Setup] = {
    "nothing lost": Setup(none, preferring()),
    "half of z2": Setup(half_of_one, preferring()),
    "z2": Setup(one, preferring()),
    "z2, no checks, outliers (10 %)": Setup(one, preferring(outlierDetection={}), checked=False),
    "z2, no checks, outliers (50 %)": Setup(
        one, preferring(outlierDetection={"maxEjectionPercent": 50}), checked=False
    ),
    "z2, no checks, outliers (50 %), maxEndpoints 20": Setup(
        one, preferring(outlierDetection={"maxEjectionPercent": 50}, subset={"maxEndpoints": 20}), checked=False
    ),
    "z1 and z2": Setup(two, preferring()),
    "z1 and z2, panicThreshold 0": Setup(two, preferring(panicThreshold=0)),
}


def table(size: Size) -> Table:
    """All losses."""
    rows = []
    for name, setup in SETUPS.items():
        found = run(size, setup)
        rows.append(
            (
                name,
                " / ".join(f"{share:.0%}" for share in found.shares),
                " / ".join(f"{part:.0%}" for part in found.busy),
                f"{found.unnoticed:.1%}",
                f"{found.failed:.1%}",
                f"{found.p99:.1f}",
                f"{found.panic:.0%}",
                f"{found.ejected:.0f}",
            )
        )
    return Table(
        f"Seed {size.seed}; {size.gateways} gateways and {size.endpoints:,} endpoints of {SERVICE.at_once} requests at "
        f"once, in three zones; LeastRequest, PreferLocal, `spillAt: 70`, {LOAD:.0%} load, no retries; the loss at "
        f"1 s, known at 2 to 2.5 s; figures of {size.seconds:g} s from 3 s on",
        (
            "lost",
            "picks by zone",
            "survivors busy, by zone",
            "errors before 3 s",
            "errors after",
            "p99",
            "panic",
            "ejected",
        ),
        tuple(rows),
    )


ZONE_LOSS = Scenario("zone-loss", "where traffic goes when a zone fails", Size(seconds=1.5, endpoints=999), table)
