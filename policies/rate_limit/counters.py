"""What limits are counted with: the gateway's, or, where nobody is served, counters that have seen nobody yet."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from policies.rate_limit.meter import Meter, Reading
from policies.rate_limit.shared_meter import SharedMeter


class Event(StrEnum):
    """What happened to a request at a limit, for metrics; `WOULD` is a refusal by a limit that does not enforce.

    Those of the store are decisions without it, by the limit's `onStoreFailure`.
    """

    ADMITTED = "admitted"
    DELAYED = "delayed"
    REFUSED = "refused"
    WOULD = "would"
    STORE_ALLOWED = "storeAllowed"
    STORE_DENIED = "storeDenied"
    STORE_NODE = "storeNode"


class Counters(Protocol):
    """Those of the node. Keys are 16 octets, as `key_of` makes them."""

    def key_of(self, parts: bytes, /) -> bytes:
        """The key for what is counted apart, by a hash that only the node knows."""

    def take(self, meter: Meter, key: bytes, cost: int, /) -> Reading:
        """Decide on a request of that cost now, and charge it where it goes on."""

    def charge(self, meter: Meter, key: bytes, cost: int, /) -> None:
        """Count a cost that is known now, whether it fits or not."""

    def give_back(self, meter: Meter, key: bytes, cost: int, now_ns: int, /) -> None:
        """Undo a charge: `now_ns` is that of its reading."""

    def take_shared(self, meter: SharedMeter, parts: bytes, cost: int, /) -> Reading | None:
        """The same over all gateways, by `parts` themselves; None where their store must be asked (`StoreQuestion`)."""

    def charge_shared(self, meter: SharedMeter, parts: bytes, cost: int, /) -> None:
        """As `charge`."""

    def give_back_shared(self, parts: bytes, cost: int, /) -> None:
        """As `give_back`."""

    def enter(self, key: bytes, bound: int, spill: int, /) -> tuple[int, int]:
        """One more of a key that may have `bound` at once: a place for `leave`, and how many more there may be.

        The place is -1 where there is none. Keys for which no counter is free share that of the number `spill`.
        """

    def leave(self, place: int, /) -> None:
        """One less: each place is given back once."""

    def count(self, event: Event, /) -> None:
        """For metrics."""


class FreshCounters:
    """As for keys that were never seen: for explanations and tests of policies, where no request changes the next."""

    __slots__ = ()

    def key_of(self, _: bytes) -> bytes:
        """One for all, as nothing is kept."""
        return bytes(16)

    def take(self, meter: Meter, _: bytes, cost: int) -> Reading:
        """At the begin of time."""
        over = meter.over(0, cost, 0, 0)
        return meter.reading(0 if meter.deferred or not meter.fits(over) else meter.ticks(cost), over, 0, 0)

    def charge(self, meter: Meter, key: bytes, cost: int) -> None:
        """Nothing is kept."""

    def give_back(self, meter: Meter, key: bytes, cost: int, now_ns: int) -> None:
        """Nothing is kept."""

    def take_shared(self, meter: SharedMeter, parts: bytes, cost: int) -> Reading | None:
        """As of the node."""
        return self.take(meter.node, parts, cost)

    def charge_shared(self, meter: SharedMeter, parts: bytes, cost: int) -> None:
        """Nothing is kept."""

    def give_back_shared(self, parts: bytes, cost: int) -> None:
        """Nothing is kept."""

    def enter(self, _: bytes, bound: int, __: int) -> tuple[int, int]:
        """The first is always let in."""
        return 0, bound - 1

    def leave(self, place: int) -> None:
        """Nothing is kept."""

    def count(self, event: Event) -> None:
        """Nobody looks."""
