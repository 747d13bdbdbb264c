"""One backend in one worker: the latest view of its endpoints and the pick of one of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from random import Random as RandomSource
from typing import TYPE_CHECKING

from discovery.arrangement import Arrangement, count_running
from discovery.balancing.balancer import Balancer
from discovery.balancing.choice import LOADED, MEASURED, measure_as
from discovery.balancing.slow_start import weigh
from discovery.balancing.subset import Following, Names, Selection, Values, by_tags
from discovery.endpoint import Endpoint, EndpointSet
from discovery.in_flight import NO_SLOT, InFlight, slots_by_id
from discovery.latency import NowNs
from discovery.lease import EndpointState, Lease
from discovery.view import View
from discovery.whereabouts import NOWHERE, Whereabouts

if TYPE_CHECKING:
    from config.resources.traffic_policy import Lane
    from config.snapshot import BackendPlan

Made = tuple[Names, Values, bool]
"""Which group of endpoints a balancer was made for, and whether health is ignored in it."""
GROUPINGS_KEPT = 64
"""Sets of tag names by which the endpoints of a view are grouped. The configuration names them, so they are few; past
it they are made anew, as a view may outlive many configurations."""

__all__ = ["Backend", "EndpointState", "Lease", "View"]


def standing_clock() -> int:
    """The time for who has no clock: nothing that depends on time moves."""
    return 0


def uncounted() -> None:
    """For who does not count panics."""


class Backend:
    """A named set of endpoints, used in the worker's one thread; `view` is swapped by one assignment.

    `now_ns` is a monotonic clock; `count_panic` is called for each pick that ignores health. `in_flight` is
    where the workers of the node tell each other what they have at endpoints.
    """

    def __init__(
        self,
        name: str,
        plan: BackendPlan,
        random: RandomSource,
        now_ns: NowNs = standing_clock,
        whereabouts: Whereabouts = NOWHERE,
        count_panic: Callable[[], None] = uncounted,
        in_flight: InFlight | None = None,
    ) -> None:
        self.name = name
        self.plan = plan
        self._draw = random.getrandbits
        self._now_ns = now_ns
        self._whereabouts = whereabouts
        self._count_panic = count_panic
        self._in_flight = in_flight
        self._slots: dict[str, int] = {}
        self._arrangement = Arrangement(plan.policy, whereabouts, self._draw, now_ns)
        self._states: dict[str, EndpointState] = {}
        self.view = View((), (), None, 0, "", 0.0)
        self._serving: tuple[EndpointState, ...] = ()
        self._starting = self._measuring = self._counting = False
        """Whether an endpoint grows to its weight, latencies are measured, what runs is added up."""
        self._following = _following(plan)
        self._groups: dict[Names, dict[Values, tuple[EndpointState, ...]]] = {}
        self._made: dict[Made, Balancer | None] = {}
        self._made_before = self._made
        """Of the view before, so that a turn goes on where it stood."""

    def apply(self, endpoint_set: EndpointSet, slots: Sequence[int] = ()) -> tuple[Endpoint, ...]:
        """Take a new set and return the endpoints that left or moved; what runs on them goes on.

        An endpoint keeps its counters while its id and place stay the same. One that left with requests running is
        remembered until they end, as it may come back. `slots` are those of the endpoints in `in_flight`.
        """
        self._slots = slots_by_id(endpoint_set, slots)
        known = self._states
        states: dict[str, EndpointState] = {}
        # Those that a gateway begins with are not new to the backend.
        now_ns = self._now_ns() if self.view.generation else -1
        for endpoint in endpoint_set.endpoints:
            state = known.get(endpoint.id)
            if state is None or not _same_place(state.endpoint, endpoint):
                state = EndpointState(endpoint)
                state.joined_ns = now_ns
            else:
                if not _takes_requests(state.endpoint):
                    state.joined_ns = now_ns
                state.update(endpoint)
            states[endpoint.id] = state
        current = tuple(states.values())
        left = tuple(old.endpoint for old in self.view.states if states.get(old.endpoint.id) is not old)
        for identity, state in known.items():
            if states.get(identity) is not state:
                state.share(None, NO_SLOT)
            if state.active and identity not in states:
                states[identity] = state
        self._states = states
        self._show(current, endpoint_set.source, endpoint_set.as_of_s)
        return left

    def configure(self, plan: BackendPlan) -> None:
        """Take a changed policy; the endpoints and their counters stay."""
        self.plan = plan
        self._arrangement = Arrangement(plan.policy, self._whereabouts, self._draw, self._now_ns)
        self._following = _following(plan)
        self._show(self.view.states, self.view.source, self.view.as_of_s)

    @property
    def growth_step_ns(self) -> int:
        """After which time `grow` is to be called; 0 where no endpoint is starting."""
        growth = self._arrangement.growth
        return growth.step_ns if growth is not None and self._starting else 0

    def grow(self) -> None:
        """Weigh the endpoints that start anew."""
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
        if balancer.panic:
            self._count_panic()
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
        if state is None or not state.endpoint.serving:
            return False
        balancer = self.view.balancer
        return state.endpoint.healthy or (balancer is not None and balancer.panic)

    def _pick_selected(self, hash_key: bytes | None, tried: Collection[str], selection: Selection) -> Lease | None:
        if selection.place:
            at = self._at(selection.place)
            return None if at is None or at.endpoint.id in tried else at.lease()
        for balancer in self._balancers(selection):
            if balancer is None:
                continue
            if balancer.panic:
                self._count_panic()
            if not tried:
                return balancer.pick(self._draw, hash_key).lease()
            state = balancer.pick_untried(self._draw, hash_key, tried)
            if state.endpoint.id not in tried:
                return state.lease()
        return None

    def _balancers(self, selection: Selection) -> tuple[Balancer | None, ...]:
        """Over those that agree, then over those of the fallback; None where there are none that are healthy.

        Where neither has a healthy one, those that are not are better than nothing, but for a `panicThreshold` of 0.
        """
        names, values = selection.names, selection.values
        baseline: Values = (None,) * len(names)
        agreeing = self._group((names, values, False))
        others = None
        if selection.fallback == "Any":
            others = self.view.balancer
        elif selection.fallback == "Baseline":
            others = self._group((names, baseline, False))
        if agreeing is None and others is None:
            last = self._group((names, values, True))
            if last is None and selection.fallback == "Baseline":
                last = self._group((names, baseline, True))
            return (last,)
        return agreeing, others

    def _group(self, asked: Made) -> Balancer | None:
        """The balancer over the endpoints with those tags, made when first asked for in a view."""
        if asked in self._made:
            return self._made[asked]
        names, values, in_panic = asked
        groups = self._groups.get(names)
        if groups is None:
            if len(self._groups) >= GROUPINGS_KEPT:
                self._groups.clear()
                self._made.clear()
            groups = self._groups[names] = by_tags(self._serving, names)
        members = groups.get(values)
        if members is None:
            # What requests ask for has no bound; what endpoints are has.
            return None
        arrange = self._arrangement.arrange_all if in_panic else self._arrangement.arrange
        made = self._made[asked] = arrange(members, self._made_before.get(asked))
        return made

    def _at(self, place: str) -> EndpointState | None:
        address, _, port = place.rpartition(":")
        for state in self.view.states:
            if state.endpoint.address == address.strip("[]") and str(state.endpoint.port) == port:
                return state
        return None

    def _show(self, states: tuple[EndpointState, ...], source: str, as_of_s: float) -> None:
        balancing, now_ns = self.plan.policy.load_balancer, self._now_ns
        # Loops over ten thousand endpoints beside the traffic: each only where there is something to do.
        if self._in_flight is not None:
            in_flight = self._in_flight if balancing.type in LOADED else None
            for state in states:
                state.share(in_flight, self._slots.get(state.endpoint.id, NO_SLOT))
        if balancing.type == MEASURED or self._measuring:
            for state in states:
                measure_as(state, balancing, now_ns)
        self._measuring = balancing.type == MEASURED
        if self._counting:
            for state in states:
                state.count_in(None)
        if self._arrangement.growth is not None or self._starting:
            self._starting = weigh(states, self._arrangement.growth, now_ns())
        serving = self._serving = tuple(
            state for state in states if state.endpoint.serving and state.endpoint.weight > 0
        )
        arrangement, previous = self._arrangement, self.view.balancer
        balancer = arrangement.arrange(serving, previous) or arrangement.arrange_all(serving, previous)
        self._counting = count_running(balancer)
        endpoints = tuple(state.endpoint for state in states)
        self._made_before, self._made = self._made, {}
        self._groups = {}
        self.view = View(endpoints, states, balancer, self.view.generation + 1, source, as_of_s)


def _following(plan: BackendPlan) -> Following | None:
    subset = plan.policy.subset
    return Following(subset.tags, subset.fallback) if subset is not None and subset.tags else None


def _same_place(one: Endpoint, other: Endpoint) -> bool:
    return one.port == other.port and one.address == other.address


def _takes_requests(endpoint: Endpoint) -> bool:
    return endpoint.serving and endpoint.healthy and endpoint.weight > 0
