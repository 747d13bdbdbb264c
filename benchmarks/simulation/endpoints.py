"""The simulated endpoint: so many requests at once, a bounded queue, service times drawn by seed, and ways to fail."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from math import exp
from random import Random

from benchmarks.simulation.calls import Call
from benchmarks.simulation.events import MS_NS, Events

REFUSAL_NS = MS_NS
"""How long an error takes that costs no work, and a connection that is refused."""


@dataclass(frozen=True, slots=True)
class Service:
    """What endpoints are like: `mean_ns` of a lognormal service time with the deviation `sigma` of its logarithm, times
    the endpoint's own factor; `at_once` requests are worked on, `queued` wait, and what is more is a 503.
    """

    mean_ns: int
    sigma: float = 0.5
    at_once: int = 4
    queued: int = 1_000

    @property
    def per_second(self) -> float:
        """What one endpoint gets done."""
        return self.at_once * 1e9 / self.mean_ns


class SimulatedEndpoint:
    """`factor` times the service time; `failing` 0..1 of the requests get a 503; `down` refuses connections."""

    def __init__(self, events: Events, random: Random, service: Service, factor: float = 1.0) -> None:
        self.factor = factor
        self.failing = 0.0
        self.down = False
        self.taken = 0
        """Requests that came this far, those that got an error too."""
        self.busy_ns = 0
        """Time of work, added up over those at once."""
        self._events = events
        self._random = random
        self._service = service
        # So that the mean, not the median, is `mean_ns`.
        self._median_ns = service.mean_ns * exp(-(service.sigma**2) / 2.0)
        self._busy = 0
        self._waiting: deque[Call] = deque()

    def take(self, call: Call, key: bytes | None, *, again: bool) -> None:
        """As a `Target`."""
        if self.down:
            self._events.after(REFUSAL_NS, call.refused)
            return
        self.taken += 1
        if self.failing and self._random.random() < self.failing:
            self._events.after(REFUSAL_NS, partial(call.answered, 503, tried=False))
        elif self._busy < self._service.at_once:
            self._begin(call)
        elif len(self._waiting) < self._service.queued:
            self._waiting.append(call)
        else:
            self._events.after(REFUSAL_NS, partial(call.answered, 503, tried=False))

    def _begin(self, call: Call) -> None:
        self._busy += 1
        drawn = exp(self._service.sigma * self._random.gauss(0.0, 1.0))
        lasts_ns = max(1, int(self._median_ns * drawn * self.factor))
        self.busy_ns += lasts_ns
        self._events.after(lasts_ns, partial(self._end, call))

    def _end(self, call: Call) -> None:
        self._busy -= 1
        if self._waiting:
            self._begin(self._waiting.popleft())
        call.answered(200, tried=False)
