"""A clock that goes with the system's, can be put forward by hand, and fails when told to."""

from __future__ import annotations

from gateway.clock import Clock


class AdjustableClock(Clock):
    """`ahead_s` seconds ahead; the next call of the method that `failing` names raises its error, once."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self.failing: dict[str, Exception] = {}

    def monotonic_ns(self) -> int:
        self._fail("monotonic_ns")
        return super().monotonic_ns() + int(self.ahead_s * 1e9)

    def unix_s(self) -> float:
        self._fail("unix_s")
        return super().unix_s() + self.ahead_s

    def _fail(self, method: str) -> None:
        error = self.failing.pop(method, None)
        if error is not None:
            raise error
