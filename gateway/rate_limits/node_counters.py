"""The counters of a node as one worker uses them: tables of shared memory, by its clock and for its metrics.

The clock is the system's monotonic one, which is the same for all processes and never jumps.
"""

from __future__ import annotations

from hashlib import blake2b

from gateway.clock import Clock
from gateway.hot.flight_table import FlightTable
from gateway.hot.ledger import Ledger
from gateway.hot.rate_table import RateTable
from gateway.rate_limits.shared_counters import SharedCounters
from gateway.telemetry import metrics
from policies.rate_limit.counters import Event
from policies.rate_limit.meter import Meter, Reading
from policies.rate_limit.shared_meter import SharedMeter

KEYS_KEPT = 4096
"""Keys that are remembered as hashed; past it the memory is emptied, as anyone can make up new ones."""
LONGEST_KEPT = 256


class NodeCounters:
    """See `policies.rate_limit.counters.Counters`."""

    __slots__ = ("_clock", "_flights", "_known", "_ledger", "_rates", "_shared")

    def __init__(
        self, clock: Clock, rates: RateTable, flights: FlightTable, ledger: Ledger, shared: SharedCounters
    ) -> None:
        self._shared = shared
        self._clock = clock
        self._rates = rates
        self._flights = flights
        self._ledger = ledger
        self._known: dict[bytes, bytes] = {}

    def key_of(self, parts: bytes) -> bytes:
        """A hash under the key of the node, so that nobody can aim at the place of another's."""
        key = self._known.get(parts)
        if key is None:
            key = blake2b(parts, digest_size=16, key=self._rates.key).digest()
            if len(parts) <= LONGEST_KEPT:
                if len(self._known) >= KEYS_KEPT:
                    self._known.clear()
                self._known[parts] = key
        return key

    def take(self, meter: Meter, key: bytes, cost: int) -> Reading:
        """Over all workers, exact."""
        return self._rates.take(meter, key, cost, self._clock.monotonic_ns())

    def charge(self, meter: Meter, key: bytes, cost: int) -> None:
        """The same."""
        self._rates.charge(meter, key, cost, self._clock.monotonic_ns())

    def give_back(self, meter: Meter, key: bytes, cost: int, now_ns: int) -> None:
        """The same."""
        self._rates.give_back(meter, key, cost, now_ns)

    def take_shared(self, meter: SharedMeter, parts: bytes, cost: int) -> Reading | None:
        """By what this worker has leased."""
        del meter
        return self._shared.take(parts, cost)

    def charge_shared(self, meter: SharedMeter, parts: bytes, cost: int) -> None:
        """With the next question to the store."""
        self._shared.charge(meter, parts, cost)

    def give_back_shared(self, parts: bytes, cost: int) -> None:
        """To what this worker has leased."""
        self._shared.give_back(parts, cost)

    def enter(self, key: bytes, bound: int, spill: int) -> tuple[int, int]:
        """The same."""
        place = self._flights.enter(key, bound, spill)
        return place, max(bound - self._flights.under_way(place), 0) if place >= 0 else 0

    def leave(self, place: int) -> None:
        """The same."""
        self._flights.leave(place)

    def count(self, event: Event) -> None:
        """In the ledger of this worker."""
        self._ledger.add(metrics.RATE_LIMITED[event])
