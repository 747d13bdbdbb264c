"""A breaker on failures: closed, open for a time, half open for a few probes (Nygard, "Release It!", ch. 5).

States, their changes and who listens to them are pybreaker's; what it lacks, a rolling window with a ratio, probes of a
bounded number and time as an argument, is added here. While it is closed, only `closed` is read before a request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pybreaker

from policies.circuit_breaking.window import OutcomeWindow

if TYPE_CHECKING:
    from config.resources.backend_policy import FailureBreaker

Changed = Callable[[str, str], None]
"""Told the name of a breaker and its new state, `closed`, `open` or `half-open`."""


class _Listener(pybreaker.CircuitBreakerListener):
    """Hands on each change of state."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed

    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,
        old_state: pybreaker.CircuitBreakerState | None,
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        del old_state
        self._changed(cb.name or "", new_state.name)


class Breaker:
    """One breaker. `closed` is whether all requests may pass; times are monotonic seconds."""

    __slots__ = ("_circuit", "_epoch", "_probes_left", "_spec", "_successes", "_until_s", "_window", "closed")

    def __init__(self, name: str, spec: FailureBreaker, changed: Changed) -> None:
        self._spec = spec
        self._window = OutcomeWindow(spec.window.seconds)
        self._circuit = pybreaker.CircuitBreaker(
            fail_max=spec.threshold, reset_timeout=spec.open_for.seconds, name=name, listeners=[_Listener(changed)]
        )
        self._until_s = 0.0
        self._epoch = 0
        self._probes_left = 0
        self._successes = 0
        self.closed = True

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        return self._circuit.current_state

    def admits(self, now_s: float) -> int:
        """Asked where it is not `closed`: the number of the probe's epoch, or 0 where the request may not pass.

        Whoever was admitted says how it ended, by `observed` or `abandoned` with that number.
        """
        if self.state == pybreaker.STATE_OPEN and now_s >= self._until_s:
            self._epoch += 1
            self._probes_left = self._spec.half_open_requests
            self._successes = 0
            self._circuit.half_open()
        if self.state != pybreaker.STATE_HALF_OPEN or self._probes_left <= 0:
            return 0
        self._probes_left -= 1
        return self._epoch

    def observed(self, now_s: float, *, failed: bool, epoch: int = 0) -> None:
        """How a request ended; `epoch` is that of a probe, 0 of one that passed while the breaker was closed."""
        if self.closed:
            if not epoch:
                self._count(now_s, failed=failed)
        elif epoch == self._epoch and self.state == pybreaker.STATE_HALF_OPEN:
            if failed:
                self.open(now_s)
                return
            self._successes += 1
            if self._successes >= self._spec.half_open_requests:
                self._window.clear()
                self._circuit.close()
                self.closed = True

    def abandoned(self, *, epoch: int) -> None:
        """A probe ended without a word about the backend, as its client left: another may take its place."""
        if epoch and epoch == self._epoch and self.state == pybreaker.STATE_HALF_OPEN:
            self._probes_left += 1

    def open(self, now_s: float) -> None:
        """Let nothing pass for `openFor`, whatever the outcomes were."""
        self._until_s = now_s + self._spec.open_for.seconds
        self.closed = False
        self._circuit.open()

    def opens_again_s(self, now_s: float) -> float:
        """The seconds until the first probe may pass."""
        return max(0.0, self._until_s - now_s)

    def _count(self, now_s: float, *, failed: bool) -> None:
        window, spec = self._window, self._spec
        window.add(now_s, failed=failed)
        if failed and window.failures >= spec.threshold and window.failures >= spec.ratio * window.total:
            self.open(now_s)
