"""The shared memory in which the workers of a node tell each other what they have at each endpoint.

The memory is an anonymous file handed over by descriptor, so nothing is left behind however the processes end.
"""

from __future__ import annotations

import mmap
import os

from discovery.in_flight import InFlight

SLOTS = 65_536
"""Endpoints of all backends that can be told of; workers go by their own counts of more."""
_ROW_BYTES = 8 * SLOTS


class InFlightMemory:
    """The supervisor's side: makes the memory for `workers`, and clears the row of one that is gone."""

    def __init__(self, workers: int) -> None:
        self.descriptor = os.memfd_create("weir-in-flight")
        os.ftruncate(self.descriptor, _ROW_BYTES * workers)
        # Pages that nobody writes take no memory.
        self._cells = memoryview(mmap.mmap(self.descriptor, 0)).cast("q")

    def clear(self, worker: int) -> None:
        """What a dead worker had is over."""
        row = self._cells[worker * SLOTS : (worker + 1) * SLOTS]
        # Written where it is not 0 alone, as a page that is written takes memory.
        for slot in [slot for slot, count in enumerate(row) if count]:
            row[slot] = 0

    def close(self) -> None:
        """Let go of the descriptor; the memory goes with the last process that has it."""
        os.close(self.descriptor)


def attach(descriptor: int, worker: int, workers: int) -> InFlight:
    """The row of one worker in the memory behind `descriptor`."""
    return InFlight(memoryview(mmap.mmap(descriptor, _ROW_BYTES * workers)).cast("q"), worker, SLOTS)
