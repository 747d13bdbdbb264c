"""How many of the requests to a backend may be retries: a sliding window of ten seconds, counted second by second.

Without it, retries multiply the load of a backend just when it fails (Beyer et al., "Site Reliability Engineering",
ch. 22; Finagle's RetryBudget). Time is an argument; every call costs the same, whatever the traffic.
"""

from __future__ import annotations

WINDOW_S = 10


class TryWindow:
    """First tries and further ones of one backend, over the last WINDOW_S seconds, this one included."""

    __slots__ = ("_at_s", "_first", "_firsts", "_further", "_furthers")

    def __init__(self) -> None:
        self._at_s = 0
        self._first = [0] * WINDOW_S
        self._further = [0] * WINDOW_S
        self._firsts = 0
        self._furthers = 0

    def begun(self, now_s: float) -> None:
        """A request was given to the backend for the first time at `now_s`, monotonic seconds."""
        place = self._turn_to(int(now_s))
        self._first[place] += 1
        self._firsts += 1

    def repeated(self, now_s: float) -> None:
        """A further try: one of this gateway's own, or one that a gateway before this one makes."""
        place = self._turn_to(int(now_s))
        self._further[place] += 1
        self._furthers += 1

    def has_room(self, now_s: float, percent: float, per_second: float) -> bool:
        """Whether one more may be made: within `percent` of the first tries, or within `per_second` in this second."""
        place = self._turn_to(int(now_s))
        if (self._furthers + 1) * 100.0 <= self._firsts * percent:
            return True
        return self._further[place] + 1 <= per_second

    def _turn_to(self, now_s: int) -> int:
        """Forget what has left the window; the place of this second."""
        behind = min(now_s - self._at_s, WINDOW_S)
        for step in range(1, behind + 1):
            place = (now_s - behind + step) % WINDOW_S
            self._firsts -= self._first[place]
            self._furthers -= self._further[place]
            self._first[place] = self._further[place] = 0
        if behind > 0:
            self._at_s = now_s
        return self._at_s % WINDOW_S
