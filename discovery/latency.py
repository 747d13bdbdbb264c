# cython: cdivision=True
"""How long one endpoint takes, as a peak-sensitive moving average: what PeakEwma compares.

The average of Finagle's `PeakEwma` load metric (Twitter, 2015): an answer slower than the average raises it at once, a
faster one lowers it by the share of the time constant that has passed since the last. So one slow answer is believed
and recovery is slow, and the average depends on time, not on how many requests there were.
"""

from __future__ import annotations

from collections.abc import Callable

import cython  # type: ignore[import-untyped]

if not cython.compiled:
    from math import exp

FAILURE_NS = 1_000_000_000
"""What a failure counts as at least: an endpoint that fails at once must not look like the fastest one."""
LONGEST_NS = 60_000_000_000
"""What anything counts as at most: past it, an endpoint that got well would wait for its turn for too long."""

# As C numbers in the compiled form.
_FAILURE_NS, _LONGEST_NS = FAILURE_NS, LONGEST_NS

NowNs = Callable[[], int]
"""Monotonic time in nanoseconds."""


class Latency:
    """The average of one endpoint, with the time constant `decay_ns` (over 0); 0.0 while nothing is known.

    Finite and not negative whatever comes in: a clock that goes back counts as one that stands still.
    """

    __slots__ = ("_average_ns", "_decay_ns", "_now_ns", "_stamp_ns")

    def __init__(self, decay_ns: int, now_ns: NowNs) -> None:
        self._decay_ns = float(max(decay_ns, 1))
        self._now_ns = now_ns
        self._average_ns = 0.0
        self._stamp_ns = 0

    def now_ns(self) -> int:
        """The time of the clock that it goes by."""
        return self._now_ns()

    def set_decay(self, decay_ns: int) -> None:
        """Take a changed time constant; what is known stays."""
        self._decay_ns = float(max(decay_ns, 1))

    def at(self, now_ns: int) -> float:
        """The average at `now_ns`, in nanoseconds: without news it fades, so that who was slow is asked again."""
        if self._average_ns == 0.0:
            return 0.0
        return self._average_ns * self._kept(now_ns)

    def observe(self, latency_ns: int) -> None:
        """An answer came after that time."""
        now_ns = self._now_ns()
        latency = float(min(max(latency_ns, 1), _LONGEST_NS))
        if latency >= self._average_ns:
            self._average_ns = latency
        else:
            kept = self._kept(now_ns)
            self._average_ns = self._average_ns * kept + latency * (1.0 - kept)
        self._stamp_ns = max(now_ns, self._stamp_ns)

    def observe_wait(self, waited_ns: int) -> None:
        """That long was waited in vain; it takes at least so long."""
        if waited_ns > self.at(self._now_ns()):
            self.observe(waited_ns)

    def punish(self) -> None:
        """It failed: that counts as twice the average, and FAILURE_NS at least."""
        self.observe(max(_FAILURE_NS, int(2.0 * self._average_ns)))

    def _kept(self, now_ns: int) -> float:
        elapsed_ns = now_ns - self._stamp_ns
        if elapsed_ns <= 0:
            return 1.0
        return exp(-elapsed_ns / self._decay_ns)
