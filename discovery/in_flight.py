# cython: boundscheck=False, wraparound=False
"""How many requests the workers of a node have at an endpoint: a table that each writes its own row of and reads all.

With counts of its own alone, each of N workers sends to the endpoint that looks idle to it, and all may meet there.
No lock is needed, as an aligned 64-bit store is whole on every machine that Weir runs on; a reader may see a count of a
moment ago, which is what it would see had it picked a moment earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from discovery.endpoint import EndpointSet

NO_SLOT = -1


class InFlight:
    """The row of worker number `worker` in `cells`, a writable memoryview of format `q` with `slots` cells per row."""

    def __init__(self, cells: memoryview, worker: int, slots: int) -> None:
        self._cells = cells
        self._slots = slots
        self._own = worker * slots

    def add(self, slot: int, amount: int) -> None:
        """This worker has `amount` more requests there, or fewer; `slot` must be one that the table `takes`."""
        self._cells[self._own + slot] += amount

    def elsewhere(self, slot: int) -> int:
        """What the other workers have there."""
        total = 0
        place = slot
        while place < len(self._cells):
            if place != self._own + slot and self._cells[place] > 0:
                total += self._cells[place]
            place += self._slots
        return total

    def takes(self, slot: int) -> bool:
        """Whether the table has that slot."""
        return 0 <= slot < self._slots


class Slots:
    """Which slot each endpoint has, as the supervisor tells the workers; one for each id and place of a backend.

    An endpoint that finds none free has NO_SLOT, and each worker goes by its own count of it.
    """

    def __init__(self, count: int) -> None:
        self._free = list(range(count - 1, -1, -1))
        self._taken: dict[str, dict[tuple[str, str, int], int]] = {}

    @property
    def refused(self) -> int:
        """How many endpoints have none."""
        return sum(1 for taken in self._taken.values() for slot in taken.values() if slot == NO_SLOT)

    def assign(self, view: EndpointSet) -> tuple[int, ...]:
        """Those of the endpoints of `view`, in its order; those of endpoints that left are free again."""
        before = self._taken.get(view.backend, {})
        keys = [(endpoint.id, endpoint.address, endpoint.port) for endpoint in view.endpoints]
        after = {key: before[key] for key in keys if before.get(key, NO_SLOT) != NO_SLOT}
        self._free.extend(slot for key, slot in before.items() if key not in after and slot != NO_SLOT)
        for key in keys:
            if key not in after:
                after[key] = self._free.pop() if self._free else NO_SLOT
        self._taken[view.backend] = after
        return tuple([after[key] for key in keys])

    def keep(self, backends: Iterable[str]) -> None:
        """Free those of all other backends."""
        kept = set(backends)
        for name in [name for name in self._taken if name not in kept]:
            self._free.extend(slot for slot in self._taken.pop(name).values() if slot != NO_SLOT)


def slots_by_id(view: EndpointSet, slots: Sequence[int]) -> dict[str, int]:
    """The slot of each endpoint of `view`; none of them where `slots` is not of that view."""
    if len(slots) != len(view.endpoints):
        return {}
    return {endpoint.id: slot for endpoint, slot in zip(view.endpoints, slots, strict=True)}
