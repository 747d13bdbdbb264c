# cython: boundscheck=False, wraparound=False, cdivision=True
"""How many of a key are under way on a node, over all workers, in a table of shared memory.

Compiled with the types of `flight_table.pxd`. A key has a row with a cell for each worker, which that worker alone
writes; how many there are is the sum of the cells. So a worker that is ended by the system takes none with it: its
cells are cleared by who finds it gone. A request that enters is added first and counted then: of two that come at once
to the last place, both may see one too many and try again, but there are never more than the bound.

Keys stand in buckets as in `rate_table`. A row without anybody may become another key's: it is marked first and looked
at then, while who enters adds himself first and looks at the name then, so that one of the two always sees the other.
"""

from __future__ import annotations

import mmap

import cython  # type: ignore[import-untyped]

from gateway.hot.ledger import Ledger
from gateway.hot.rate_table import SPINS, WAYS
from gateway.telemetry import metrics
from policies.rate_limit.meter import SPILLS

if not cython.compiled:
    from gateway.hot.shared_words import add_word, half, hold, let_go, load_word, store_word, swap_word, words_of

TRIES = 8
"""For the last place, where others ask for it in the same moment."""

_WAYS, _SPINS, _TRIES = WAYS, SPINS, TRIES
_CHANGING = -1
"""The name of a row that is being given to another key."""
_FULL = metrics.RATE_LIMIT_TABLE_FULL


def flight_words(keys: int, workers: int) -> int:
    """The 64-bit words of a table for at least `keys` keys and so many workers."""
    rows = _rows(keys)
    return rows // WAYS + rows + (rows + SPILLS) * workers


def _rows(keys: int) -> int:
    return max(2 * WAYS, 1 << (keys - 1).bit_length())


class FlightTable:
    """The table in `memory`, zeroed at first, as worker `worker` of `workers` uses it; the rest as with `RateTable`."""

    __slots__ = (
        "_cells",
        "_descriptor",
        "_ledger",
        "_mask",
        "_memory",
        "_rows",
        "_tags",
        "_words",
        "_worker",
        "_workers",
    )

    def __init__(
        self, memory: memoryview, keys: int, workers: int, worker: int, ledger: Ledger, descriptor: int = -1
    ) -> None:
        if len(memory) != flight_words(keys, workers):
            raise ValueError(f"{len(memory)} words are not the {flight_words(keys, workers)} of such a table")
        self._memory = memory
        self._words = words_of(memory)
        self._rows = _rows(keys)
        self._mask = self._rows // WAYS - 1
        self._tags = self._rows // WAYS
        self._cells = self._tags + self._rows
        self._worker = worker
        self._workers = workers
        self._ledger = ledger
        self._descriptor = descriptor

    @classmethod
    def private(cls, keys: int = 64, ledger: Ledger | None = None) -> FlightTable:
        """One that nobody else has."""
        memory = memoryview(mmap.mmap(-1, 8 * flight_words(keys, 1))).cast("q")
        return cls(memory, keys, 1, 0, ledger or Ledger.private())

    def enter(self, key: bytes, bound: int, spill: int) -> int:
        """One more of the key of 16 octets: its place, or -1 where there are `bound` already.

        Where its bucket is full of others under way, it is counted with all such of the same `spill`.
        """
        hold(self._descriptor)
        try:
            return self._enter(half(key, 0) & self._mask, (half(key, 1) & 0x7FFFFFFFFFFFFFFF) | 1, bound, spill)
        finally:
            let_go(self._descriptor)

    def leave(self, place: int) -> None:
        """Give a place back; only the worker that took it may."""
        hold(self._descriptor)
        try:
            add_word(self._words, self._cell(place), -1)
        finally:
            let_go(self._descriptor)

    def under_way(self, place: int) -> int:
        """How many are there that share that place."""
        return self._sum(place)

    def forget_worker(self, worker: int) -> None:
        """Give back all that a worker had which is gone, and its locks."""
        hold(self._descriptor)
        try:
            for row in range(self._rows + SPILLS):
                at = self._cells + row * self._workers + worker
                if load_word(self._words, at):
                    store_word(self._words, at, 0)
            for bucket in range(self._mask + 1):
                swap_word(self._words, bucket, worker + 1, 0)
        finally:
            let_go(self._descriptor)

    def _enter(self, bucket: int, tag: int, bound: int, spill: int) -> int:
        tries = 0
        while True:
            row = self._row(bucket, tag)
            if row < 0:
                self._ledger.add(_FULL)
                row = self._rows + spill
            cell = self._cell(row)
            add_word(self._words, cell, 1)
            if row < self._rows and load_word(self._words, self._tags + row) != tag:
                add_word(self._words, cell, -1)
                continue
            if self._sum(row) <= bound:
                return row
            add_word(self._words, cell, -1)
            tries += 1
            # Those who came in the same moment see each other and all step back: then there is room still.
            if tries >= _TRIES or self._sum(row) >= bound:
                return -1

    def _cell(self, row: int) -> int:
        return self._cells + row * self._workers + self._worker

    def _sum(self, row: int) -> int:
        total = 0
        first = self._cells + row * self._workers
        at = first
        while at < first + self._workers:
            total += load_word(self._words, at)
            at += 1
        return total

    def _find(self, bucket: int, tag: int) -> int:
        row = bucket * _WAYS
        last = row + _WAYS
        while row < last:
            if load_word(self._words, self._tags + row) == tag:
                return row
            row += 1
        return -1

    def _row(self, bucket: int, tag: int) -> int:
        """The row of a key, made its own where it has none; -1 where there is no room."""
        row = self._find(bucket, tag)
        if row >= 0:
            return row
        spins = 0
        while not swap_word(self._words, bucket, 0, self._worker + 1):
            spins += 1
            if spins > _SPINS:
                return -1
        row = self._find(bucket, tag)
        if row < 0:
            row = self._take_over(bucket, tag)
        store_word(self._words, bucket, 0)
        return row

    def _take_over(self, bucket: int, tag: int) -> int:
        """A row of the bucket, whose lock is held, that nobody is in; -1 where there is none."""
        row = bucket * _WAYS
        last = row + _WAYS
        while row < last:
            if self._sum(row) == 0:
                at = self._tags + row
                before = load_word(self._words, at)
                store_word(self._words, at, _CHANGING)
                if self._sum(row) == 0:
                    store_word(self._words, at, tag)
                    return row
                store_word(self._words, at, before)
            row += 1
        return -1
