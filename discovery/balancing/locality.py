"""How much of the traffic the own zone keeps, and what spills to the others.

After Envoy's priority levels: healthy endpoints count for more than one (overprovisioning, 1.4), so that a zone keeps
all of its traffic until more than about 30 % of it have failed, and then what its healthy ones, so counted, amount to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from discovery.balancing.zones import Tier
from discovery.lease import EndpointState

LOCAL = "local"
OTHERS = "others"


class Preference(NamedTuple):
    """`spill_at` percent healthy under which the own `zone` gives away traffic; `overprovisioning` a factor, over 1."""

    mode: Literal["Off", "PreferLocal", "Weighted"]
    zone: str
    spill_at: int
    overprovisioning: float


class Members(NamedTuple):
    """Of a zone: all that serve, and those of them that take requests."""

    serving: tuple[EndpointState, ...]
    taking: tuple[EndpointState, ...]

    @property
    def health(self) -> float:
        """The part that is healthy, 0..1; 0.0 where there is none."""
        return len(self.taking) / len(self.serving) if self.serving else 0.0


def tiers(serving: Sequence[EndpointState], preference: Preference) -> list[Tier]:
    """Those with endpoints that are healthy (one at least of `serving` is), shares adding up to 1."""
    if preference.mode == "Weighted":
        return _weighted(serving, preference.overprovisioning)
    return _preferring(serving, preference)


def _preferring(serving: Sequence[EndpointState], preference: Preference) -> list[Tier]:
    own = _members([state for state in serving if state.endpoint.zone == preference.zone])
    others = _members([state for state in serving if state.endpoint.zone != preference.zone])
    if not own.taking or not others.taking:
        name, members = (LOCAL, own) if own.taking else (OTHERS, others)
        return [Tier(name, members.taking, 1.0)]
    factor = preference.overprovisioning
    kept = 1.0 if own.health * 100 >= preference.spill_at else min(1.0, own.health * factor)
    spilt = min(1.0 - kept, others.health * factor)
    return [Tier(LOCAL, own.taking, kept / (kept + spilt)), Tier(OTHERS, others.taking, spilt / (kept + spilt))]


def _weighted(serving: Sequence[EndpointState], factor: float) -> list[Tier]:
    """Each zone by the weights of all of its endpoints, as far as its healthy ones go."""
    zones: dict[str, list[EndpointState]] = {}
    for state in serving:
        zones.setdefault(state.endpoint.zone, []).append(state)
    found: list[tuple[str, Members, float]] = []
    for zone in sorted(zones):
        members = _members(zones[zone])
        if members.taking:
            weight = sum(state.endpoint.weight for state in members.serving)
            found.append((zone, members, weight * min(1.0, members.health * factor)))
    total = sum(capacity for _, _, capacity in found)
    return [Tier(zone, members.taking, capacity / total) for zone, members, capacity in found]


def _members(serving: Sequence[EndpointState]) -> Members:
    return Members(tuple(serving), tuple(state for state in serving if state.endpoint.healthy))
