"""Gateways over endpoints, wired and seeded: what most scenarios begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from benchmarks.simulation.clients import Clients, Outcomes
from benchmarks.simulation.endpoints import Service, SimulatedEndpoint
from benchmarks.simulation.events import Events
from benchmarks.simulation.gateways import Gateway
from config.resources.backend import BackendSpec
from config.resources.backend_policy import BackendPolicySpec
from config.snapshot import BackendPlan
from discovery.endpoint import Endpoint, EndpointSet
from discovery.whereabouts import Whereabouts
from policies.retry import RetryPlan

NAME = "shop/orders"

Policy = Mapping[str, object]
"""A BackendPolicy's spec as it is written in YAML."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the fleet is, how long it runs, and the `seed` that all draws follow from."""

    gateways: int = 100
    endpoints: int = 1_000
    seconds: float = 10.0
    seed: int = 1


def plan(policy: Policy) -> BackendPlan:
    """A backend as an operator would write it."""
    spec = BackendSpec.model_validate({"static": {"endpoints": []}})
    return BackendPlan(NAME, spec, BackendPolicySpec.model_validate(policy))


def members(count: int, zones: int = 1) -> tuple[Endpoint, ...]:
    """So many endpoints, in turn in zones `z0`, `z1`, ..."""
    return tuple(
        Endpoint(f"e{number}", f"10.0.{number >> 8}.{number & 255}", 80, zone=f"z{number % zones}")
        for number in range(count)
    )


def endpoint_set(endpoints: Sequence[Endpoint]) -> EndpointSet:
    """As a source tells it."""
    return EndpointSet(NAME, tuple(endpoints), "static", 0.0)


class Fleet:
    """`size.gateways` gateways with the `policy`, all told of `endpoints` at 0 s; gateway `n` has the ordinal `n`."""

    def __init__(
        self,
        size: Size,
        policy: Policy,
        service: Service,
        *,
        zones: int = 1,
        retry: RetryPlan | None = None,
        factor: Callable[[int], float] = lambda number: 1.0,
    ) -> None:
        self.size = size
        self.events = Events()
        self.service = service
        self.members = members(size.endpoints, zones)
        self.endpoints = {
            member.id: SimulatedEndpoint(self.events, self.random(f"endpoint {member.id}"), service, factor(number))
            for number, member in enumerate(self.members)
        }
        made = plan(policy)
        self.gateways = [
            Gateway(
                self.events,
                self.random(f"gateway {number}"),
                made,
                self.endpoints,
                whereabouts=Whereabouts(f"z{number % zones}", number),
                retry=retry,
            )
            for number in range(size.gateways)
        ]
        self.tell_all(self.members)

    def random(self, whose: str) -> Random:
        """Draws of its own for each, so that a change of one leaves those of the others."""
        return Random(f"{self.size.seed} {whose}")

    def tell_all(self, endpoints: Sequence[Endpoint]) -> None:
        """Have all gateways told of these endpoints now."""
        told = endpoint_set(endpoints)
        for gateway in self.gateways:
            gateway.tell(told)

    def tell_within(self, endpoints: Sequence[Endpoint], within_ns: int) -> None:
        """The same, each gateway at another moment of that time, evenly."""
        told = endpoint_set(endpoints)
        for number, gateway in enumerate(self.gateways):
            self.events.after(number * within_ns // len(self.gateways), lambda gateway=gateway: gateway.tell(told))  # type: ignore[misc]

    def clients(self, load: float, outcomes: Outcomes, *, keys: int = 0) -> Clients:
        """Clients that send `load`, 0..1, of what all endpoints would get done at a factor of 1."""
        per_second = load * self.service.per_second * self.size.endpoints
        return Clients(self.events, self.random("clients"), self.gateways, per_second, outcomes, keys)

    def taken(self) -> dict[str, int]:
        """Requests that each endpoint got so far."""
        return {identity: endpoint.taken for identity, endpoint in self.endpoints.items()}


def unhealthy(endpoints: Sequence[Endpoint], which: Callable[[Endpoint], bool]) -> tuple[Endpoint, ...]:
    """The same, with those of which it holds said to be unhealthy."""
    return tuple(replace(each, healthy=False) if which(each) else each for each in endpoints)
