"""One backend in one worker: the latest view of its endpoints and the pick of one of them."""

from __future__ import annotations

from collections.abc import Collection
from random import Random as RandomSource
from typing import TYPE_CHECKING

from discovery.balancing.balancer import Balancer
from discovery.balancing.least_request import LeastRequest
from discovery.balancing.random import Random
from discovery.balancing.round_robin import RoundRobin
from discovery.endpoint import Endpoint, EndpointSet
from discovery.lease import EndpointState, Lease
from discovery.view import View

if TYPE_CHECKING:
    from config.snapshot import BackendPlan

START_BITS = 16

__all__ = ["Backend", "EndpointState", "Lease", "View"]


class Backend:
    """A named set of endpoints, used in the worker's one thread; `view` is swapped by one assignment."""

    def __init__(self, name: str, plan: BackendPlan, random: RandomSource) -> None:
        self.name = name
        self.plan = plan
        self._draw = random.getrandbits
        self._states: dict[str, EndpointState] = {}
        self.view = View((), (), None, 0, "", 0.0)

    def apply(self, endpoint_set: EndpointSet) -> tuple[Endpoint, ...]:
        """Take a new set and return the endpoints that left or moved; what runs on them goes on.

        An endpoint keeps its counters while its id and place stay the same. One that left with requests running is
        remembered until they end, as it may come back.
        """
        known = self._states
        states: dict[str, EndpointState] = {}
        for endpoint in endpoint_set.endpoints:
            state = known.get(endpoint.id)
            if state is None or not _same_place(state.endpoint, endpoint):
                state = EndpointState(endpoint)
            else:
                state.update(endpoint)
            states[endpoint.id] = state
        current = tuple(states.values())
        left = tuple(old.endpoint for old in self.view.states if states.get(old.endpoint.id) is not old)
        for identity, state in known.items():
            if state.active and identity not in states:
                states[identity] = state
        self._states = states
        self._show(current, endpoint_set.source, endpoint_set.as_of_s)
        return left

    def configure(self, plan: BackendPlan) -> None:
        """Take a changed policy; the endpoints and their counters stay."""
        self.plan = plan
        self._show(self.view.states, self.view.source, self.view.as_of_s)

    def pick(self, hash_key: bytes | None = None, tried: Collection[str] = ()) -> Lease | None:
        """Lease an endpoint, or None where none may take a new request.

        `tried` are ids that failed before for the same request: one of them comes only where no other one serves.
        """
        balancer = self.view.balancer
        if balancer is None:
            return None
        if tried:
            return balancer.pick_untried(self._draw, hash_key, tried).lease()
        return balancer.pick(self._draw, hash_key).lease()

    def _show(self, states: tuple[EndpointState, ...], source: str, as_of_s: float) -> None:
        usable = tuple(state for state in states if state.endpoint.serving and state.endpoint.weight > 0)
        balancer = self._balance(usable) if usable else None
        endpoints = tuple(state.endpoint for state in states)
        self.view = View(endpoints, states, balancer, self.view.generation + 1, source, as_of_s)

    def _balance(self, usable: tuple[EndpointState, ...]) -> Balancer:
        """The balancer that the policy names; RoundRobin for those that this version reports as not carried out yet."""
        policy = self.plan.policy.load_balancer
        if policy.type == "LeastRequest":
            return LeastRequest(usable, policy.choices)
        if policy.type == "Random":
            return Random(usable)
        return RoundRobin(usable, self.view.balancer, self._draw(START_BITS))


def _same_place(one: Endpoint, other: Endpoint) -> bool:
    return one.port == other.port and one.address == other.address
