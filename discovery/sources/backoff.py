"""The pause after a failure: exponential with full jitter (M. Brooker, "Exponential Backoff And Jitter", 2015)."""

from __future__ import annotations

from random import Random

BASE_S = 0.1
MAX_S = 10.0
"""Long enough to leave a broken agent alone, short enough that its return is seen within seconds."""


class Backoff:
    """Grows with each failure in a row; full jitter, so that gateways that failed together do not return together."""

    __slots__ = ("_failures", "_random")

    def __init__(self, random: Random) -> None:
        self._random = random
        self._failures = 0

    def reset(self) -> None:
        """Forget the failures after a success."""
        self._failures = 0

    def next_s(self) -> float:
        """Seconds to wait now: uniform over 0..min(10, 0.1 * 2**failures before), never under 0.02."""
        ceiling_s = min(MAX_S, BASE_S * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return max(0.02, self._random.uniform(0.0, ceiling_s))
