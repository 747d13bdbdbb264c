"""One worker's counters: a region of 64-bit numbers that only this worker writes and the supervisor reads.

No lock is needed, as an aligned 64-bit store is whole on every machine that Weir runs on.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from gateway.telemetry.metrics import (
    BLOCK_BUCKETS,
    BLOCK_BYTES_IN,
    BLOCK_BYTES_OUT,
    BLOCK_DURATION_US,
    PROCESS_SLOTS,
    block_slots,
)

# As C numbers in the compiled form.
_BYTES_IN, _BYTES_OUT, _DURATION_US, _BUCKETS = BLOCK_BYTES_IN, BLOCK_BYTES_OUT, BLOCK_DURATION_US, BLOCK_BUCKETS


class Ledger:
    """Counters in `region`, a writable memoryview of format `q`; `bounds_s` are the latency buckets, ascending."""

    __slots__ = ("_bounds_ns", "_bucket_count", "_region")

    def __init__(self, region: memoryview, bounds_s: Sequence[float]) -> None:
        self._region = region
        self._bounds_ns = array("q", [int(bound * 1e9) for bound in bounds_s])
        self._bucket_count = len(bounds_s)

    @classmethod
    def private(cls, blocks: int = 1, bounds_s: Sequence[float] = (0.1, 1.0)) -> Ledger:
        """One that nobody else reads."""
        slots = PROCESS_SLOTS + blocks * block_slots(len(bounds_s))
        return cls(memoryview(bytearray(8 * slots)).cast("q"), bounds_s)

    def add(self, slot: int, amount: int = 1) -> None:
        """Add `amount`, which may be negative, to the counter or gauge at `slot`."""
        self._region[slot] += amount

    def value(self, slot: int) -> int:
        """What is at `slot`."""
        return self._region[slot]

    def record(self, base: int, status: int, duration_ns: int, bytes_in: int, bytes_out: int) -> None:
        """Count one exchange in the block at slot `base`."""
        # No local names for the two: each would cost the compiled form a count of the buffer's users, and back.
        code = status // 100
        if code > 5 or code < 0:
            code = 0
        bucket = 0
        while bucket < self._bucket_count and self._bounds_ns[bucket] < duration_ns:
            bucket += 1
        self._region[base + code] += 1
        self._region[base + _BYTES_IN] += bytes_in
        self._region[base + _BYTES_OUT] += bytes_out
        self._region[base + _DURATION_US] += duration_ns // 1000
        self._region[base + _BUCKETS + bucket] += 1
