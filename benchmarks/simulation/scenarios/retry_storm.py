"""Retry storm: three tiers of gateways, each with two retries, before a backend that fails: how often it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.simulation.calls import Target
from benchmarks.simulation.clients import Clients, Outcomes
from benchmarks.simulation.endpoints import Service
from benchmarks.simulation.events import MS_NS, SECOND_NS
from benchmarks.simulation.fleet import Fleet, Size, endpoint_set, members, plan
from benchmarks.simulation.gateways import Gateway
from benchmarks.simulation.page import Table
from benchmarks.simulation.scenarios.balance import of
from benchmarks.simulation.scenarios.scenario import Scenario
from config.resources.traffic_policy import Retry
from policies.retry import RetryPlan

SERVICE = Service(mean_ns=20 * MS_NS)
ATTEMPTS = 2
PERCENT = 20.0
WARM_NS = 10 * SECOND_NS
"""As long as the window of the budget."""
TIERS = 3
PER_GATEWAY = 30.0
"""Requests a second that each gateway of the first tier gets."""


@dataclass(frozen=True, slots=True)
class Setup:
    """`budget` is percent, None for as good as none. `says`: `x-weir-attempt` passes between the tiers; it does where
    they follow each other, and not where a service between them drops it.
    """

    tiers: int = TIERS
    budget: float | None = PERCENT
    says: bool = True
    per_gateway: float = PER_GATEWAY


@dataclass(frozen=True, slots=True)
class Found:
    """`factor`: requests that reached the backend for each that a client sent, 1 without retries; `failed` of the
    clients' requests, 0..1.
    """

    factor: float
    failed: float


def retries(budget: float | None) -> RetryPlan:
    """Two further tries after 5xx and failed connections."""
    spec: dict[str, object] = {"attempts": ATTEMPTS, "on": ["gateway-error"]}
    if budget is None:
        spec["budget"] = {"percent": 100, "minPerSecond": 1e9}
    else:
        spec["budget"] = {"percent": budget}
    return RetryPlan.of_policy(Retry.model_validate(spec))


def run(size: Size, setup: Setup, failing: float) -> Found:
    """The backend fails from the start; the first ten seconds, in which the windows fill, do not count."""
    retry = retries(setup.budget)
    fleet = Fleet(size, of("RoundRobin"), SERVICE)
    events = fleet.events
    for endpoint in fleet.endpoints.values():
        endpoint.failing = failing
    targets: Mapping[str, Target] = fleet.endpoints
    tier: Sequence[Gateway] = ()
    for level in range(setup.tiers, 0, -1):
        tier = [
            Gateway(
                events,
                fleet.random(f"tier {level} {number}"),
                plan(of("RoundRobin")),
                targets,
                retry=retry,
                says=setup.says,
            )
            for number in range(size.gateways)
        ]
        for gateway in tier:
            gateway.tell(endpoint_set(members(len(targets))))
        targets = {member.id: gateway for member, gateway in zip(members(size.gateways), tier, strict=True)}
    outcomes = Outcomes(events, WARM_NS)
    Clients(events, fleet.random("clients"), tier, setup.per_gateway * size.gateways, outcomes)
    events.run_until(WARM_NS)
    before = sum(fleet.taken().values())
    events.run_until(WARM_NS + int(size.seconds * SECOND_NS))
    return Found((sum(fleet.taken().values()) - before) / outcomes.sent, outcomes.failed)


SETUPS: Mapping[str, Setup] = {
    "one tier, budget 20 %": Setup(tiers=1),
    "one tier, no budget": Setup(tiers=1, budget=None),
    "three tiers, budget 20 %": Setup(),
    "three tiers, no budget": Setup(budget=None),
    "three tiers, budget 20 %, mark dropped between": Setup(says=False),
    "three tiers, no budget, mark dropped between": Setup(budget=None, says=False),
    "three tiers, budget 20 %, 5 requests/s per gateway": Setup(per_gateway=5.0),
}
FAILING = (0.3, 1.0)


def table(size: Size) -> Table:
    """All setups, with 30 % and with all requests failing."""
    rows = []
    for name, setup in SETUPS.items():
        found = [run(size, setup, failing) for failing in FAILING]
        rows.append((name, *(cell for each in found for cell in (f"{each.factor:.2f}", f"{each.failed:.1%}"))))
    return Table(
        f"Seed {size.seed}; {size.gateways} gateways per tier, {size.endpoints:,} endpoints, {PER_GATEWAY:g} "
        f"requests/s per gateway of the first; `attempts: {ATTEMPTS}`, `minPerSecond` 3; {size.seconds:g} s "
        "after the first 10",
        (
            "setup",
            *(f"{failing:.0%} fail: {what}" for failing in FAILING for what in ("load times", "clients' errors")),
        ),
        tuple(rows),
    )


RETRY_STORM = Scenario(
    "retry-storm",
    "what retries in three tiers make of the load of a backend that fails",
    Size(gateways=33, endpoints=330, seconds=2.0),
    table,
)
