"""What stands between the endpoints of a backend and the balancer: health, zones, the subset of this gateway.

Health first: unhealthy endpoints take no requests, but where under `panicThreshold` percent are healthy, all do, as the
few that are left would drown (Envoy's panic mode). Then zones, then of each zone the part that this gateway uses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from discovery.balancing.aperture import aperture
from discovery.balancing.balancer import Balancer
from discovery.balancing.choice import KEYED, balancer_over
from discovery.balancing.keyed import KeyedBalancer
from discovery.balancing.locality import Preference, tiers
from discovery.balancing.slow_start import Growth
from discovery.balancing.zones import Tier, Zones
from discovery.latency import NowNs
from discovery.lease import EndpointState

if TYPE_CHECKING:
    from config.resources.backend_policy import BackendPolicySpec
    from discovery.whereabouts import Whereabouts

START_BITS = 16


class Arrangement:
    """How endpoints are used under one policy, by this gateway."""

    def __init__(
        self, policy: BackendPolicySpec, whereabouts: Whereabouts, draw: Callable[[int], int], now_ns: NowNs
    ) -> None:
        self._balancing = policy.load_balancer
        self._threshold = policy.panic_threshold
        self._preference = _preference(policy, whereabouts.zone)
        self._most = policy.subset.max_endpoints if policy.subset is not None else None
        self._ordinal = whereabouts.ordinal
        self._draw = draw
        self._now_ns = now_ns
        self.growth = _growth(policy)

    def arrange(self, serving: Sequence[EndpointState], previous: Balancer | None) -> Balancer | None:
        """The balancer over those of `serving` that are healthy, over all in a panic; None where none is healthy.

        `serving` have a weight above 0; `previous` is what was made of nearly the same ones before.
        """
        healthy = sum(1 for state in serving if state.endpoint.healthy)
        if not healthy:
            return None
        if healthy * 100 < self._threshold * len(serving):
            return self.arrange_all(serving, previous)
        if self._preference is None:
            taking = tuple(state for state in serving if state.endpoint.healthy)
            return self._leaf(self._narrowed(taking, self._most), previous)
        split = [self._narrow_tier(tier) for tier in tiers(serving, self._preference)]
        balancers = [self._leaf(tier.states, _leaf_of(previous, tier.name)) for tier in split]
        if len(split) == 1:
            return balancers[0]
        return Zones(split, balancers, keyed=self._balancing.type in KEYED)

    def arrange_all(self, serving: Sequence[EndpointState], previous: Balancer | None) -> Balancer | None:
        """The balancer over all of `serving`, whatever their health and zone; None where `panicThreshold` is 0."""
        if not self._threshold or not serving:
            return None
        balancer = self._leaf(self._narrowed(tuple(serving), self._most), previous)
        balancer.panic = True
        return balancer

    def _narrow_tier(self, tier: Tier) -> Tier:
        most = self._most
        if most is not None and self._preference is not None and self._preference.mode == "Weighted":
            most = max(1, round(most * tier.share))
        return Tier(tier.name, self._narrowed(tier.states, most), tier.share)

    def _narrowed(self, states: tuple[EndpointState, ...], most: int | None) -> tuple[EndpointState, ...]:
        return states if most is None else tuple(aperture(states, most, self._ordinal))

    def _leaf(self, states: tuple[EndpointState, ...], previous: Balancer | None) -> Balancer:
        return balancer_over(states, self._balancing, self._now_ns, previous, self._draw(START_BITS))


def count_running(balancer: Balancer | None) -> bool:
    """Have what runs on the endpoints added up where the balancer goes by it, see `KeyedBalancer`; whether it does."""
    if isinstance(balancer, Zones):
        counted = False
        for each in balancer.balancers:
            counted = count_running(each) or counted
        return counted
    return isinstance(balancer, KeyedBalancer) and balancer.count_running()


def _leaf_of(previous: Balancer | None, name: str) -> Balancer | None:
    return previous.of(name) if isinstance(previous, Zones) else previous


def _preference(policy: BackendPolicySpec, zone: str) -> Preference | None:
    """None where zones do not count, or the own one is not known."""
    locality = policy.locality
    if locality is None or locality.mode == "Off":
        return None
    own = locality.zone or zone
    if locality.mode == "PreferLocal" and not own:
        return None
    return Preference(locality.mode, own, locality.spill_at, locality.overprovisioning / 100)


def _growth(policy: BackendPolicySpec) -> Growth | None:
    """None where endpoints have their full weight at once; keyed balancers would move keys at each step."""
    start = policy.slow_start
    if start is None or not start.window.seconds or policy.load_balancer.type in KEYED:
        return None
    return Growth(int(start.window.seconds * 1e9), start.aggression, start.min_weight_percent / 100)
