"""One backend in one worker: the latest view of its endpoints and the pick of one of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from random import Random as RandomSource
from typing import TYPE_CHECKING

from discovery.balancing.balancer import Balancer
from discovery.balancing.choice import balancer_over, measure_as
from discovery.balancing.keyed import KeyedBalancer
from discovery.balancing.subset import Following, Names, Selection, Values, by_tags
from discovery.endpoint import Endpoint, EndpointSet
from discovery.latency import NowNs
from discovery.lease import EndpointState, Lease
from discovery.view import View

if TYPE_CHECKING:
    from config.resources.traffic_policy import Lane
    from config.snapshot import BackendPlan

START_BITS = 16
GROUPINGS_KEPT = 64
"""Sets of tag names by which the endpoints of a view are grouped. The configuration names them, so they are few; past
it they are made anew, as a view may outlive many configurations."""

__all__ = ["Backend", "EndpointState", "Lease", "View"]


def standing_clock() -> int:
    """The time for who has no clock: nothing that depends on time moves."""
    return 0


class Backend:
    """A named set of endpoints, used in the worker's one thread; `view` is swapped by one assignment.

    `now_ns` is a monotonic clock.
    """

    def __init__(self, name: str, plan: BackendPlan, random: RandomSource, now_ns: NowNs = standing_clock) -> None:
        self.name = name
        self.plan = plan
        self._draw = random.getrandbits
        self._now_ns = now_ns
        self._states: dict[str, EndpointState] = {}
        self.view = View((), (), None, 0, "", 0.0)
        self._following = _following(plan)
        self._groups: dict[Names, dict[Values, Balancer]] = {}
        self._groups_before = self._groups
        """Of the view before, so that a turn goes on where it stood."""

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
        self._following = _following(plan)
        self._show(self.view.states, self.view.source, self.view.as_of_s)

    def selection_for(self, tags: Mapping[str, str], lane: Lane | None) -> Selection | None:
        """The endpoints for a request with `tags` under a policy's `lane`; None where all of them are.

        What the backend's own policy says of subsets goes before the lane of a route.
        """
        if self._following is not None:
            return self._following.selection(tags)
        if lane is None:
            return None
        tag = lane.tag
        return Selection((tag,), (tags.get(tag),), lane.fallback)

    def pick(
        self, hash_key: bytes | None = None, tried: Collection[str] = (), selection: Selection | None = None
    ) -> Lease | None:
        """Lease an endpoint, or None where none may take a new request.

        `tried` are ids that failed before for the same request: one of them comes only where no other one serves, and
        never with a `selection`, whose fallback counts once all that agree have failed.
        """
        if selection is not None:
            return self._pick_selected(hash_key, tried, selection)
        balancer = self.view.balancer
        if balancer is None:
            return None
        if tried:
            return balancer.pick_untried(self._draw, hash_key, tried).lease()
        return balancer.pick(self._draw, hash_key).lease()

    def eligible(self, selection: Selection | None) -> Sequence[EndpointState]:
        """Those that may get a request with `selection`, before any has failed."""
        if selection is not None and selection.place:
            state = self._at(selection.place)
            return () if state is None else (state,)
        balancers = [self.view.balancer] if selection is None else self._balancers(selection)
        return next((balancer.states for balancer in balancers if balancer is not None), ())

    def serves_at(self, place: str) -> bool:
        """Whether the endpoint at `place`, `address:port`, takes requests."""
        state = self._at(place)
        return state is not None and state.endpoint.serving and state.endpoint.healthy

    def _pick_selected(self, hash_key: bytes | None, tried: Collection[str], selection: Selection) -> Lease | None:
        if selection.place:
            at = self._at(selection.place)
            return None if at is None or at.endpoint.id in tried else at.lease()
        for balancer in self._balancers(selection):
            if balancer is None:
                continue
            if not tried:
                return balancer.pick(self._draw, hash_key).lease()
            state = balancer.pick_untried(self._draw, hash_key, tried)
            if state.endpoint.id not in tried:
                return state.lease()
        return None

    def _balancers(self, selection: Selection) -> tuple[Balancer | None, ...]:
        """Over those that agree, then over those of the fallback; None where there are none."""
        groups = self._grouped(selection.names)
        agreeing = groups.get(selection.values)
        if selection.fallback == "Any":
            return agreeing, self.view.balancer
        if selection.fallback == "Baseline":
            return agreeing, groups.get((None,) * len(selection.names))
        return (agreeing,)

    def _grouped(self, names: Names) -> dict[Values, Balancer]:
        """The balancers over the usable endpoints by their tags `names`, made when first asked for in a view."""
        groups = self._groups.get(names)
        if groups is None:
            if len(self._groups) >= GROUPINGS_KEPT:
                self._groups.clear()
            usable = self.view.balancer.states if self.view.balancer is not None else ()
            before = self._groups_before.get(names, {})
            groups = self._groups[names] = {
                values: self._balance(members, before.get(values)) for values, members in by_tags(usable, names).items()
            }
        return groups

    def _at(self, place: str) -> EndpointState | None:
        address, _, port = place.rpartition(":")
        for state in self.view.states:
            if state.endpoint.address == address.strip("[]") and str(state.endpoint.port) == port:
                return state
        return None

    def _show(self, states: tuple[EndpointState, ...], source: str, as_of_s: float) -> None:
        for state in states:
            measure_as(state, self.plan.policy.load_balancer, self._now_ns)
        usable = tuple(state for state in states if state.endpoint.serving and state.endpoint.weight > 0)
        healthy = tuple(state for state in usable if state.endpoint.healthy)
        if len(healthy) * 100 >= self.plan.policy.panic_threshold * len(usable):
            usable = healthy
        balancer = self._balance(usable, self.view.balancer) if usable else None
        if isinstance(balancer, KeyedBalancer):
            balancer.count_running()
        endpoints = tuple(state.endpoint for state in states)
        self._groups_before, self._groups = self._groups, {}
        self.view = View(endpoints, states, balancer, self.view.generation + 1, source, as_of_s)

    def _balance(self, usable: tuple[EndpointState, ...], previous: Balancer | None) -> Balancer:
        """The balancer that the policy names."""
        return balancer_over(usable, self.plan.policy.load_balancer, self._now_ns, previous, self._draw(START_BITS))


def _following(plan: BackendPlan) -> Following | None:
    subset = plan.policy.subset
    return None if subset is None else Following(subset.tags, subset.fallback)


def _same_place(one: Endpoint, other: Endpoint) -> bool:
    return one.port == other.port and one.address == other.address
