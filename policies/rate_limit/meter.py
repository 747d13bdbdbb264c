# cython: cdivision=True
"""The arithmetic of one rate limit: from the state of a key, one number, and the time to what is left of it.

Compiled with the types of `meter.pxd`. Times are ticks, sixteenths of a nanosecond of a monotonic clock, so that rates
up to 16 per nanosecond have a whole number between two requests. The state of a key is a point in time, after the
generic cell rate algorithm (ITU-T I.371, Annex A): a request moves it on by its cost times the `unit`, the time that
one is worth. All algorithms keep it so that a state that has passed equals that of a key never seen, which alone may be
forgotten:

- a bucket keeps the theoretical arrival time: how far it lies ahead is how full the bucket is;
- a fixed window keeps how much of the window is used, as a time from its begin, put off by the length of the window;
- a sliding window keeps the same for two windows in turn, put off by two of them; of the one before, the share counts
  that the time still reaches back to, as if its requests had come evenly.
"""

from __future__ import annotations

from enum import IntEnum

TICKS_PER_NS = 16
MAX_TICKS = 1 << 60
"""Of one length (2.3 years): with a clock of less than 9 years, no sum of some of them leaves 64 bits."""
DEBT_NS = 3_600_000_000_000
"""How far a cost that is known only afterwards may take a key beyond its limit: an hour, so that no answer, however
large, locks a client out for longer."""
SPILLS = 256


class Kind(IntEnum):
    """How a meter counts; GCRA and token bucket are both a bucket, the one with room for its burst and one more."""

    BUCKET = 0
    FIXED_WINDOW = 1
    SLIDING_WINDOW = 2


_BUCKET, _FIXED, _SLIDING = Kind
_MAX = MAX_TICKS
_PER_NS = TICKS_PER_NS


class Reading:
    """What a meter said: `admitted`, after `wait_ns` where it must wait its turn; else `wait_ns` is when to come again.

    `remaining` is what the key has left, `reset_ns` the time until it has all again; `now_ns` is when it was read.
    """

    __slots__ = ("admitted", "now_ns", "remaining", "reset_ns", "wait_ns")

    def __init__(self, admitted: bool, wait_ns: int, remaining: int, reset_ns: int, now_ns: int) -> None:  # noqa: FBT001
        self.admitted = admitted
        self.wait_ns = wait_ns
        self.remaining = remaining
        self.reset_ns = reset_ns
        self.now_ns = now_ns


class Meter:
    """`requests` in `per_ns` nanoseconds, as `kind` counts; a bucket holds `capacity` of them, a window `requests`.

    `patience_ns` is how long a request may wait for its turn, in a bucket. Where `deferred`, the cost is known
    afterwards: a request goes on where one more would fit, and is charged later, up to `DEBT_NS` beyond the limit.
    `spill` (0..255) is the counter that its keys share where none is free.
    """

    __slots__ = ("_debt", "_patience", "_per", "_quota", "_shift", "_unit", "deferred", "kind", "spill")

    def __init__(
        self,
        kind: Kind,
        requests: int,
        per_ns: int,
        capacity: int,
        *,
        patience_ns: int = 0,
        deferred: bool = False,
        spill: int = 0,
    ) -> None:
        per = min(max(per_ns, 1) * TICKS_PER_NS, MAX_TICKS)
        self.kind: int = kind
        self.deferred = deferred
        self.spill = spill % SPILLS
        self._per = per
        if kind == Kind.BUCKET:
            # Upwards: never more than the rate. A key that may have nothing has no room, whatever the unit.
            self._unit = -(-per // requests) if requests else per
            self._quota = min(capacity * self._unit, MAX_TICKS)
        else:
            # Downwards: `requests` of them fit into the window.
            self._unit = max(per // requests, 1) if requests else per
            self._quota = min(requests * self._unit, MAX_TICKS)
        self._patience = min(patience_ns * TICKS_PER_NS, MAX_TICKS >> 2)
        self._debt = DEBT_NS * TICKS_PER_NS if deferred else 0
        self._shift = int(kind) * per

    def ticks(self, cost: int) -> int:
        """By how much a request of `cost` (0 or more) moves the state on."""
        return _MAX if cost > _MAX // self._unit else cost * self._unit

    def start(self, now: int) -> int:
        """Where the window of `now` begins; for a bucket, `now`."""
        return now if self.kind == _BUCKET else now - now % self._per

    def turn(self, now: int) -> int:
        """Which of the two states of a key counts in a sliding window, 0 or 1; otherwise 0."""
        return (now // self._per) & 1 if self.kind == _SLIDING else 0

    def position(self, state: int, now: int) -> int:
        """`state`, 0 for a key never seen, without what is over, and without what no request under this meter leaves.

        The latter is there after the limit was raised, or its time made shorter: whoever was at its limit is so still,
        but need not wait for a time that is none any more. So what is kept must be put right as well, also of a key
        that is refused: else it would be at its limit until then, again and again.
        """
        start = self.start(now)
        position = state - self._shift
        if position < start:
            return start
        most = self._most(start)
        return most if position > most else position

    def _most(self, start: int) -> int:
        """The furthest position of a key whose window begins there."""
        return start + self._quota + self._patience + self._debt

    def most_before(self, now: int) -> int:
        """The greatest state of a sliding window that the one before can have left; as with `position`."""
        return self._most(self.start(now) - self._per) + self._shift

    def state(self, position: int) -> int:
        """What is kept of a position."""
        return position + self._shift

    def held(self, before: int, now: int) -> int:
        """How much of a sliding window the requests of the one before still take; `before` is its state."""
        start = self.start(now)
        used = before - self._shift - (start - self._per)
        if used <= 0:
            return 0
        if used > self._quota + self._debt:
            used = self._quota + self._debt
        # As a float, since the product of the two may leave 64 bits; and upwards, so that nothing is let in for free.
        share = used * (1.0 - (now - start) / float(self._per))
        whole = int(share)
        return whole if whole >= share else whole + 1

    def over(self, position: int, cost: int, now: int, held: int) -> int:
        """By how much a request of `cost` at `position` passes the limit, as a time; 0 or less where it fits."""
        return position + self.ticks(cost) - (self.start(now) + self._quota - held)

    def fits(self, over: int) -> bool:
        """Whether a request that passes the limit by `over` may go on, at once or when its turn comes."""
        return over <= self._patience

    def reading(self, position: int, over: int, now: int, held: int) -> Reading:
        """What to tell of a decision; `position` is that after it, `over` by how much the request passes the limit."""
        left = self.start(now) + self._quota - held - position
        remaining = left // self._unit if left > 0 else 0
        if self.kind == _BUCKET:
            wait = over
            reset = position - now
        else:
            reset = self.start(now) + self._per - now
            wait = 0 if over <= 0 else self._until_it_fits(over, now, held, reset)
        if wait < 0:
            wait = 0
        # Upwards, as whoever comes a tick too early is refused again.
        return Reading(
            self.fits(over),
            (wait + _PER_NS - 1) // _PER_NS,
            remaining,
            (reset + _PER_NS - 1) // _PER_NS,
            now // _PER_NS,
        )

    def _until_it_fits(self, over: int, now: int, held: int, reset: int) -> int:
        """In a window: when enough of the one before has slid out, at the latest the begin of the next."""
        if over > held or held == 0:
            return reset
        # What is held falls to nothing by the end of the window, evenly.
        wait = int(reset * (float(over) / held)) + 1
        return wait if wait < reset else reset
