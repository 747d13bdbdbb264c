"""How many of the last requests failed: a rolling window of ten parts, in which every call costs the same."""

from __future__ import annotations

PARTS = 10


class OutcomeWindow:
    """Outcomes of the last `window_s` seconds, up to a tenth of it less; time is monotonic seconds."""

    __slots__ = ("_at", "_failures", "_part_s", "_totals", "failures", "total")

    def __init__(self, window_s: float) -> None:
        self._part_s = max(window_s, 0.001) / PARTS
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._at = 0
        self._failures = [0] * PARTS
        self._totals = [0] * PARTS
        self.failures = 0
        self.total = 0

    def add(self, now_s: float, *, failed: bool) -> None:
        """One more outcome; `failures` and `total` are those of the window then."""
        at = int(now_s / self._part_s)
        behind = min(at - self._at, PARTS)
        for step in range(1, behind + 1):
            place = (at - behind + step) % PARTS
            self.failures -= self._failures[place]
            self.total -= self._totals[place]
            self._failures[place] = self._totals[place] = 0
        if behind > 0:
            self._at = at
        place = self._at % PARTS
        self._totals[place] += 1
        self.total += 1
        if failed:
            self._failures[place] += 1
            self.failures += 1
