"""The shared memory of all workers' counters: one region per worker, and the totals of workers that are gone.

The memory is an anonymous file handed over by descriptor, so nothing is left behind however the processes end.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.hot.ledger import Ledger
from gateway.telemetry.metrics import PROCESS_METRICS, PROCESS_SLOTS, block_slots


@dataclass(frozen=True, slots=True)
class Layout:
    """`blocks` (route, backend) blocks for each of `workers`, with a histogram of `bounds_s` (seconds, ascending)."""

    workers: int
    blocks: int
    bounds_s: tuple[float, ...]

    @property
    def region_slots(self) -> int:
        """Slots of one worker."""
        return PROCESS_SLOTS + self.blocks * block_slots(len(self.bounds_s))

    def base(self, block: int) -> int:
        """Slot where a block begins."""
        return PROCESS_SLOTS + block * block_slots(len(self.bounds_s))

    def attach(self, descriptor: int, worker: int) -> Ledger:
        """The ledger of one worker in the memory behind `descriptor`."""
        size = 8 * self.region_slots
        memory = memoryview(mmap.mmap(descriptor, size * self.workers))
        return Ledger(memory[worker * size : (worker + 1) * size].cast("q"), self.bounds_s)


class Segment:
    """The supervisor's side: makes the memory, sums it up, and keeps what dead workers had counted."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.descriptor = os.memfd_create("weir-counters")
        os.ftruncate(self.descriptor, 8 * layout.region_slots * layout.workers)
        # Pages that nobody writes take no memory, so a large `maxSeries` costs little.
        self._slots = memoryview(mmap.mmap(self.descriptor, 0)).cast("q")
        self._retired: dict[int, int] = {}
        self._gauges = frozenset(slot for slot, metric in enumerate(PROCESS_METRICS) if metric.kind == "gauge")
        self._lock = threading.Lock()

    def retire(self, worker: int, used_blocks: int) -> None:
        """Take over the counters of a worker that ended, and clear its region for the next; gauges start anew."""
        with self._lock:
            start = worker * self.layout.region_slots
            for slot in range(self.layout.base(used_blocks)):
                count = self._slots[start + slot]
                if count:
                    if slot not in self._gauges:
                        self._retired[slot] = self._retired.get(slot, 0) + count
                    self._slots[start + slot] = 0

    def totals(self, slots: Sequence[int]) -> list[int]:
        """The sums over all workers, dead ones included, of each of `slots`."""
        with self._lock:
            length = self.layout.region_slots
            starts = range(0, length * self.layout.workers, length)
            return [self._retired.get(slot, 0) + sum(self._slots[start + slot] for start in starts) for slot in slots]

    def close(self) -> None:
        """Let go of the descriptor; the memory goes with the last process that has it."""
        os.close(self.descriptor)
