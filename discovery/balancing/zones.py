"""Zones: which zone's endpoints a request goes to, before a balancer of that zone picks one of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

from discovery.balancing.balancer import Balancer, Draw
from discovery.lease import EndpointState

SHARE_BITS = 31
WHOLE = 1 << SHARE_BITS


class Tier(NamedTuple):
    """The endpoints of a zone, or of all others, and their `share` of the requests, 0..1; 0 is for when others fail."""

    name: str
    states: tuple[EndpointState, ...]
    share: float


class Zones(Balancer):
    """Two or more `tiers` with the balancer of each; their shares add up to 1.

    A key goes to the tier of its hash, so that it stays there; its balancer hashes it in another way.
    """

    def __init__(self, tiers: Sequence[Tier], balancers: Sequence[Balancer], *, keyed: bool) -> None:
        super().__init__(tuple(state for tier in tiers for state in tier.states))
        self.balancers = tuple(balancers)
        self.names = tuple(tier.name for tier in tiers)
        self._keyed = keyed
        # Ends of the parts of a line of 2**31; the last part takes what rounding leaves.
        ends: list[int] = []
        total = 0.0
        for tier in tiers:
            total += tier.share
            ends.append(round(total * WHOLE))
        last = max(index for index, tier in enumerate(tiers) if tier.share > 0.0)
        self._ends = tuple(ends[:last] + [WHOLE] * (len(tiers) - last))

    def of(self, name: str) -> Balancer | None:
        """The balancer of the tier of that name."""
        return self.balancers[self.names.index(name)] if name in self.names else None

    def pick(self, draw: Draw, key: bytes | None) -> EndpointState:
        """One draw of 31 bits, or none with a key, then those of the tier's balancer."""
        return self.balancers[self._tier(draw, key)].pick(draw, key)

    def pick_untried(self, draw: Draw, key: bytes | None, tried: Collection[str]) -> EndpointState:
        """One of the tier that the draw says, else of the first other one that has an endpoint left."""
        first = self._tier(draw, key)
        state = self.balancers[first].pick_untried(draw, key, tried)
        if state.endpoint.id not in tried:
            return state
        for index, balancer in enumerate(self.balancers):
            if index != first:
                other = balancer.pick_untried(draw, key, tried)
                if other.endpoint.id not in tried:
                    return other
        return state

    def _tier(self, draw: Draw, key: bytes | None) -> int:
        point = draw(SHARE_BITS) if key is None or not self._keyed else xxh3_64_intdigest(key) & (WHOLE - 1)
        index = 0
        while point >= self._ends[index]:
            index += 1
        return index
