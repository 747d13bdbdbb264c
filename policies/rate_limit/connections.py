"""The `connections` of policies on a port: how many an address may have open, and how many it may open in a time."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from zlib import crc32

from config.snapshot import ConnectionBound
from policies.access.network_set import NetworkSet
from policies.rate_limit.counters import Counters
from policies.rate_limit.key import counted
from policies.rate_limit.meter import SPILLS, Kind, Meter


class Refusal(Enum):
    """The field of `connections` that a new one passed."""

    PER_SOURCE = "perSource"
    RATE = "rate"


class _Bound:
    """That of one policy."""

    __slots__ = ("_exempt", "meter", "per_source", "prefix", "spill")

    def __init__(self, bound: ConnectionBound) -> None:
        spec = bound.spec
        self.prefix = counted(f"{bound.policy} connections".encode())
        self.spill = crc32(self.prefix) % SPILLS
        self.per_source = spec.per_source
        self.meter: Meter | None = None
        if spec.rate is not None:
            requests, per_ns = spec.rate.requests, round(spec.rate.per.seconds * 1e9)
            self.meter = Meter(Kind.BUCKET, requests, per_ns, requests, spill=self.spill)
        self._exempt = NetworkSet(spec.exempt) if spec.exempt else None

    def concerns(self, address: str) -> bool:
        return self._exempt is None or not self._exempt.has(address)


class ConnectionGate:
    """Lets connections in by the `bounds` of a port, all of which must agree; counted over all workers of the node."""

    __slots__ = ("_bounds", "_counters")

    def __init__(self, bounds: Sequence[ConnectionBound], counters: Counters) -> None:
        self._bounds = tuple(_Bound(bound) for bound in bounds)
        self._counters = counters

    def enter(self, address: str) -> tuple[int, ...] | Refusal:
        """A connection of `address` comes: the places that `leave` gives back when it is gone, or why it may not be."""
        counters = self._counters
        places: list[int] = []
        for bound in self._bounds:
            if not bound.concerns(address):
                continue
            key = counters.key_of(bound.prefix + counted(address.encode()))
            if bound.per_source is not None:
                place, _ = counters.enter(key, bound.per_source, bound.spill)
                if place < 0:
                    self.leave(places)
                    return Refusal.PER_SOURCE
                places.append(place)
            if bound.meter is not None and not counters.take(bound.meter, key, 1).admitted:
                self.leave(places)
                return Refusal.RATE
        return tuple(places)

    def leave(self, places: Sequence[int]) -> None:
        """It is gone."""
        for place in places:
            self._counters.leave(place)
