"""A clock that stands still until a test moves it."""

from __future__ import annotations

from gateway.clock import Clock


class StoppedClock(Clock):
    """At 1,000 s after its begin, and moved by `advance`."""

    def __init__(self) -> None:
        self._now_ns = 1_000_000_000_000

    def advance(self, seconds: float) -> None:
        self._now_ns += round(seconds * 1e9)

    def monotonic_ns(self) -> int:
        return self._now_ns

    def unix_s(self) -> float:
        return self._now_ns / 1e9
