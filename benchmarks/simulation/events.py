"""Simulated time: what is to happen, in order; nothing sleeps and no clock is read."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000

Action = Callable[[], None]


class Events:
    """The time, in nanoseconds from 0, and what comes later. Of two things at the same time the first told is first."""

    def __init__(self) -> None:
        self.now_ns = 0
        self._told = 0
        self._later: list[tuple[int, int, Action]] = []

    def now(self) -> int:
        """A clock for whoever wants one."""
        return self.now_ns

    @property
    def now_s(self) -> float:
        """The same in seconds."""
        return self.now_ns / SECOND_NS

    def after(self, delay_ns: int, action: Action) -> None:
        """Have `action` called once that time (0 or more) has passed."""
        self._told += 1
        heappush(self._later, (self.now_ns + delay_ns, self._told, action))

    def run_until(self, end_ns: int) -> None:
        """Let time pass until then; what comes later stays."""
        later = self._later
        while later and later[0][0] <= end_ns:
            self.now_ns, _, action = heappop(later)
            action()
        self.now_ns = end_ns
