"""When rates are looked at: asks the workers once per interval of a backend, and adds up what they answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

Counts = Mapping[str, tuple[int, int]]
"""Requests and failures, by endpoint."""

LONGEST_WAIT_S = 1.0
"""For the answers of the workers; a late one counts in the next round."""
FLOOR_S = 0.1
"""The shortest interval: each one costs every worker a message."""


class Rounds:
    """`ask` has every worker answer for a backend, `judge` gets the sum of what `heard` was given."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, ask: Callable[[str], None], judge: Callable[[str, Counts], None]
    ) -> None:
        self._loop = loop
        self._ask = ask
        self._judge = judge
        self._intervals_s: dict[str, float] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._sums: dict[str, dict[str, tuple[int, int]]] = {}

    def follow(self, intervals_s: Mapping[str, float]) -> None:
        """Ask for exactly these backends, each in its interval; one whose interval is the same goes on."""
        for backend in [each for each in self._timers if intervals_s.get(each) != self._intervals_s[each]]:
            self._timers.pop(backend).cancel()
            self._sums.pop(backend, None)
        self._intervals_s = dict(intervals_s)
        for backend, interval_s in intervals_s.items():
            if backend not in self._timers:
                self._timers[backend] = self._loop.call_later(max(FLOOR_S, interval_s), self._begin, backend)

    def heard(self, backend: str, seen: Counts) -> None:
        """A worker answered."""
        if backend not in self._timers:
            return
        sums = self._sums.setdefault(backend, {})
        for identity, (requests, failures) in seen.items():
            requests_before, failures_before = sums.get(identity, (0, 0))
            sums[identity] = requests + requests_before, failures + failures_before

    def close(self) -> None:
        """Ask no more."""
        self.follow({})

    def _begin(self, backend: str) -> None:
        self._ask(backend)
        wait_s = min(LONGEST_WAIT_S, max(FLOOR_S, self._intervals_s[backend]) / 2)
        self._timers[backend] = self._loop.call_later(wait_s, self._end, backend, wait_s)

    def _end(self, backend: str, waited_s: float) -> None:
        rest_s = max(FLOOR_S, self._intervals_s[backend]) - waited_s
        self._timers[backend] = self._loop.call_later(rest_s, self._begin, backend)
        self._judge(backend, self._sums.pop(backend, {}))
