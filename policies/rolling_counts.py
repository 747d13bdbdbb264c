"""How often two kinds of events happened of late: a rolling window of ten parts, in which every call costs the same."""

from __future__ import annotations

PARTS = 10


class RollingCounts:
    """Events of the last PARTS parts of `part_s` seconds, the present part included; time is monotonic seconds.

    `totals` has the count of each of the two kinds, 0 and 1, as of the last call.
    """

    __slots__ = ("_at", "_counts", "_part_s", "totals")

    def __init__(self, part_s: float) -> None:
        self._part_s = part_s
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._at = 0
        self._counts = ([0] * PARTS, [0] * PARTS)
        self.totals = [0, 0]

    def add(self, kind: int, now_s: float) -> None:
        """One more event of that kind."""
        self._counts[kind][self._turn_to(now_s)] += 1
        self.totals[kind] += 1

    def present(self, kind: int, now_s: float) -> int:
        """How many of that kind the part of `now_s` has so far."""
        return self._counts[kind][self._turn_to(now_s)]

    def _turn_to(self, now_s: float) -> int:
        """Forget what has left the window; the place of the part of `now_s`."""
        at = int(now_s / self._part_s)
        behind = min(at - self._at, PARTS)
        for step in range(1, behind + 1):
            place = (at - behind + step) % PARTS
            for kind, counts in enumerate(self._counts):
                self.totals[kind] -= counts[place]
                counts[place] = 0
        if behind > 0:
            self._at = at
        return self._at % PARTS
