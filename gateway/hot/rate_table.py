# cython: boundscheck=False, wraparound=False, cdivision=True
"""The rates of a node: the states of keys in a table of shared memory, which all workers change by atomic operations.

Compiled with the types of `rate_table.pxd`; uncompiled, a lock on the memory's file stands in for atomic operations.

A key is 16 octets of a keyed hash, so that clients can neither guess nor aim at a place: half of it chooses a bucket of
`WAYS` slots, the other half is kept with the state. Both are swapped by one operation of 128 bits, so that a slot never
has the state of one key under the name of another. Only a slot whose state has passed is taken for another key, as such
a key is as if it had never been seen (`policies.rate_limit.meter`). Where all slots of a bucket are in use, the keys
that find no room share one counter of their limit: they are limited together, and none is let in for free.

A new key is entered under the lock of its bucket, so that it stands in one slot only; found ones are changed without.
Whoever waits too long for a lock, as its holder was ended by the system, takes the shared counter as well;
`forget_worker` frees the locks of a worker that is gone.
"""

from __future__ import annotations

import mmap

import cython  # type: ignore[import-untyped]

from gateway.hot.ledger import Ledger
from gateway.telemetry import metrics
from policies.rate_limit.meter import SPILLS, TICKS_PER_NS, Meter, Reading

if not cython.compiled:
    from gateway.hot.shared_words import half, hold, let_go, load_word, store_word, swap_pair, swap_word, words_of

WAYS = 8
"""Slots of a bucket: 128 octets, two lines of the processor's cache."""
KEY_WORDS = 4
_HEADER = KEY_WORDS + 2 * SPILLS
"""The hash key, then the shared counters, two of each number as a sliding window has two states."""
SPINS = 4096
"""Tries for a lock that is held for some 50 ns."""

_WAYS, _SPINS, _SPILL_AT, _HEADER_WORDS, _TICKS = WAYS, SPINS, KEY_WORDS, _HEADER, TICKS_PER_NS
_FULL, _FORGOTTEN = metrics.RATE_LIMIT_TABLE_FULL, metrics.RATE_LIMIT_KEYS_FORGOTTEN


def table_words(keys: int) -> int:
    """The 64-bit words that a table for at least `keys` keys takes."""
    return _HEADER + _buckets(keys) * (1 + 2 * WAYS)


def _buckets(keys: int) -> int:
    return max(2, (1 << (keys - 1).bit_length()) // WAYS)


class RateTable:
    """The table in `memory`, zeroed at first, of format `q` and `table_words(keys)` long, as worker `worker` uses it.

    `descriptor` is the file of the memory, -1 where nobody else has it; `ledger` counts keys that found no room.
    """

    __slots__ = ("_descriptor", "_ledger", "_locks", "_mask", "_memory", "_slots", "_words", "_worker", "key")

    def __init__(self, memory: memoryview, keys: int, worker: int, ledger: Ledger, descriptor: int = -1) -> None:
        if len(memory) != table_words(keys):
            raise ValueError(f"{len(memory)} words are not the {table_words(keys)} of a table for {keys} keys")
        buckets = _buckets(keys)
        self._memory = memory
        self._words = words_of(memory)
        self._mask = buckets - 1
        self._locks = _HEADER
        self._slots = _HEADER + buckets
        self._worker = worker + 1
        self._ledger = ledger
        self._descriptor = descriptor
        self.key = memory[:KEY_WORDS].tobytes()
        """Of the hash that makes keys; all workers have the same."""

    @classmethod
    def private(cls, keys: int = 1024, ledger: Ledger | None = None) -> RateTable:
        """One that nobody else has."""
        memory = memoryview(mmap.mmap(-1, 8 * table_words(keys))).cast("q")
        return cls(memory, keys, 0, ledger or Ledger.private())

    def take(self, meter: Meter, key: bytes, cost: int, now_ns: int) -> Reading:
        """Decide on a request of `cost` by the key of 16 octets, and charge it where it goes on."""
        hold(self._descriptor)
        try:
            return self._take(meter, half(key, 0), half(key, 1), cost, now_ns * _TICKS)
        finally:
            let_go(self._descriptor)

    def charge(self, meter: Meter, key: bytes, cost: int, now_ns: int) -> None:
        """Count `cost`, whether it fits or not, and up to what `Meter` lets a key owe."""
        hold(self._descriptor)
        try:
            self._move(meter, half(key, 0), half(key, 1), meter.ticks(cost), now_ns * _TICKS)
        finally:
            let_go(self._descriptor)

    def give_back(self, meter: Meter, key: bytes, cost: int, now_ns: int) -> None:
        """Undo a charge made at `now_ns`; nothing where the key is forgotten."""
        hold(self._descriptor)
        try:
            self._move(meter, half(key, 0), half(key, 1), -meter.ticks(cost), now_ns * _TICKS)
        finally:
            let_go(self._descriptor)

    def forget_worker(self, worker: int) -> None:
        """Free the locks of a worker that is gone."""
        hold(self._descriptor)
        try:
            for bucket in range(self._mask + 1):
                swap_word(self._words, self._locks + bucket, worker + 1, 0)
        finally:
            let_go(self._descriptor)

    def _take(self, meter: Meter, hashed: int, rest: int, cost: int, now: int) -> Reading:
        bucket = hashed & self._mask
        tag = self._tag(rest, meter.turn(now))
        held = meter.held(self._state_before(bucket, rest, meter, now), now) if meter.kind == 2 else 0
        while True:
            at = self._find(bucket, tag)
            state = load_word(self._words, at + 1) if at else 0
            # The slot may have become another's in between, and the state be another's: the swap below finds out.
            position = meter.position(state, now)
            over = meter.over(position, cost, now, held)
            if not meter.fits(over):
                if at and load_word(self._words, at) != tag:
                    continue
                if meter.state(position) < state:
                    # Left by a meter of other figures; where it changes meanwhile, it is put right by another.
                    swap_pair(self._words, at, tag, state, tag, meter.state(position))
                return meter.reading(position, over, now, held)
            after = position if meter.deferred else position + meter.ticks(cost)
            if at == 0:
                at = self._enter(bucket, tag, meter.state(after), now)
                if at > 0:
                    return meter.reading(after, over, now, held)
                if at < 0:
                    return self._share(meter, cost, now)
            elif swap_pair(self._words, at, tag, state, tag, meter.state(after)):
                return meter.reading(after, over, now, held)

    def _share(self, meter: Meter, cost: int, now: int) -> Reading:
        """As `_take`, by the counter that the keys without room share."""
        self._ledger.add(_FULL)
        turn = meter.turn(now)
        at = _SPILL_AT + 2 * meter.spill + turn
        held = 0
        if meter.kind == 2:
            held = meter.held(load_word(self._words, _SPILL_AT + 2 * meter.spill + 1 - turn), now)
        while True:
            state = load_word(self._words, at)
            position = meter.position(state, now)
            over = meter.over(position, cost, now, held)
            if not meter.fits(over):
                if meter.state(position) < state:
                    swap_word(self._words, at, state, meter.state(position))
                return meter.reading(position, over, now, held)
            after = position if meter.deferred else position + meter.ticks(cost)
            if swap_word(self._words, at, state, meter.state(after)):
                return meter.reading(after, over, now, held)

    def _move(self, meter: Meter, hashed: int, rest: int, ticks: int, now: int) -> int:
        """Charge `ticks`, or give some back where they are negative."""
        bucket = hashed & self._mask
        tag = self._tag(rest, meter.turn(now))
        while True:
            at = self._find(bucket, tag)
            state = load_word(self._words, at + 1) if at else 0
            position = meter.position(state, now) + ticks
            after = meter.state(meter.position(meter.state(position), now)) if position > 0 else 0
            if at == 0:
                if ticks <= 0:
                    return 0
                at = self._enter(bucket, tag, after, now)
                if at > 0:
                    return 0
                if at < 0:
                    self._ledger.add(_FULL)
                    return self._move_shared(meter, ticks, now)
            elif swap_pair(self._words, at, tag, state, tag, after):
                return 0

    def _move_shared(self, meter: Meter, ticks: int, now: int) -> int:
        at = _SPILL_AT + 2 * meter.spill + meter.turn(now)
        while True:
            state = load_word(self._words, at)
            after = meter.state(meter.position(meter.state(meter.position(state, now) + ticks), now))
            if swap_word(self._words, at, state, after):
                return 0

    def _tag(self, rest: int, turn: int) -> int:
        """The name of a key in its slot: never 0, which is none."""
        return ((rest | 3) ^ 1) | turn

    def _state_before(self, bucket: int, rest: int, meter: Meter, now: int) -> int:
        """That of the key in the window before, 0 where there was none."""
        tag = self._tag(rest, 1 - meter.turn(now))
        at = self._find(bucket, tag)
        if at == 0:
            return 0
        state = load_word(self._words, at + 1)
        most = meter.most_before(now)
        if state > most:
            swap_pair(self._words, at, tag, state, tag, most)
            return most
        return state

    def _find(self, bucket: int, tag: int) -> int:
        """The slot with that tag, 0 where there is none: slots begin behind the header."""
        first = self._slots + bucket * 2 * _WAYS
        at = first
        while at < first + 2 * _WAYS:
            if load_word(self._words, at) == tag:
                return at
            at += 2
        return 0

    def _enter(self, bucket: int, tag: int, state: int, now: int) -> int:
        """Give `tag` a slot with that state: the slot, 0 where it has one by now, or -1 where there is no room."""
        lock = self._locks + bucket
        spins = 0
        while not swap_word(self._words, lock, 0, self._worker):
            spins += 1
            if spins > _SPINS:
                return -1
        entered = self._enter_locked(bucket, tag, state, now)
        store_word(self._words, lock, 0)
        return entered

    def _enter_locked(self, bucket: int, tag: int, state: int, now: int) -> int:
        if self._find(bucket, tag):
            return 0
        first = self._slots + bucket * 2 * _WAYS
        at = first
        while at < first + 2 * _WAYS:
            other = load_word(self._words, at)
            passed = load_word(self._words, at + 1)
            # The swap fails where the key was used meanwhile, which makes it one that has not passed.
            if (other == 0 or passed <= now) and swap_pair(self._words, at, other, passed, tag, state):
                if other:
                    self._ledger.add(_FORGOTTEN)
                return at
            at += 2
        return -1
