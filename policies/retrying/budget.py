"""How many of the requests to a backend may be retries: a sliding window of ten seconds, counted second by second.

Without it, retries multiply the load of a backend just when it fails (Beyer et al., "Site Reliability Engineering",
ch. 22; Finagle's RetryBudget). Time is an argument; every call costs the same, whatever the traffic.
"""

from __future__ import annotations

from policies.rolling_counts import PARTS, RollingCounts

WINDOW_S = PARTS
"""A part is a second."""
_FIRST, _FURTHER = 0, 1


class TryWindow:
    """First tries and further ones of one backend, over the last WINDOW_S seconds, this one included."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts = RollingCounts(1.0)

    def begun(self, now_s: float) -> None:
        """A request was given to the backend for the first time at `now_s`, monotonic seconds."""
        self._counts.add(_FIRST, now_s)

    def repeated(self, now_s: float) -> None:
        """A further try: one of this gateway's own, or one that a gateway before this one makes."""
        self._counts.add(_FURTHER, now_s)

    def has_room(self, now_s: float, percent: float, per_second: float) -> bool:
        """Whether one more may be made: within `percent` of the first tries, or within `per_second` in this second."""
        this_second = self._counts.present(_FURTHER, now_s)
        firsts, furthers = self._counts.totals
        if (furthers + 1) * 100.0 <= firsts * percent:
            return True
        return this_second + 1 <= per_second
