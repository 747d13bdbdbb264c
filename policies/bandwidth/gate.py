"""A bound on octets per second: it counts what has moved and says when more may.

The virtual scheduling form of the leaky bucket (ITU-T I.371, Annex A), counted after the fact: what one read brought is
never cut, the next read waits. Time is an argument.
"""

from __future__ import annotations

from typing import Protocol

from policies.rate_limit.counters import Counters
from policies.rate_limit.meter import Meter

AHEAD_S = 0.25
"""How far a sender may be ahead of its rate. Without it each read would be followed by a wait, and whoever waited a
little too long, as timers let one do, could never make that up."""


class Gate(Protocol):
    """One bound, of one direction."""

    @property
    def rate(self) -> int:
        """Octets per second, 1 or more."""

    def take(self, octets: int, now_ns: int, /) -> float:
        """Count `octets` that moved at monotonic `now_ns`; the seconds, 0.0 or more, until more may."""


class OwnGate:
    """A gate that one connection has to itself."""

    __slots__ = ("_due_ns", "rate")

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._due_ns = 0.0
        """When all that moved would have moved at the rate."""

    def take(self, octets: int, now_ns: int) -> float:
        """Count `octets` that moved at `now_ns`; seconds until more may."""
        self._due_ns = max(self._due_ns, now_ns) + octets * 1e9 / self.rate
        return max(0.0, (self._due_ns - now_ns) / 1e9 - AHEAD_S)


class NodeGate:
    """A gate that all workers of the node have: `key` in `counters`, by a bucket `meter` that refuses nobody."""

    __slots__ = ("_counters", "_key", "_meter", "rate")

    def __init__(self, rate: int, counters: Counters, meter: Meter, key: bytes) -> None:
        self.rate = rate
        self._counters = counters
        self._meter = meter
        self._key = key

    def take(self, octets: int, _: int) -> float:
        """Count `octets` that moved now; seconds until more may."""
        return self._counters.take(self._meter, self._key, octets).wait_ns / 1e9
