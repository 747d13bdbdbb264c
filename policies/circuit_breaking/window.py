"""How many of the last requests failed."""

from __future__ import annotations

from policies.rolling_counts import PARTS, RollingCounts

_WELL, _FAILED = 0, 1


class OutcomeWindow:
    """Outcomes of the last `window_s` seconds, up to a tenth of it less; time is monotonic seconds."""

    __slots__ = ("_counts",)

    def __init__(self, window_s: float) -> None:
        self._counts = RollingCounts(max(window_s, 0.001) / PARTS)

    @property
    def failures(self) -> int:
        """Those that failed, as of the last outcome."""
        return self._counts.totals[_FAILED]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self._counts.totals)

    def clear(self) -> None:
        """Forget all."""
        self._counts.clear()

    def add(self, now_s: float, *, failed: bool) -> None:
        """One more outcome; `failures` and `total` are those of the window then."""
        self._counts.add(_FAILED if failed else _WELL, now_s)
