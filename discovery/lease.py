"""What a worker keeps per endpoint over changes of the view, and the right to use an endpoint once."""

from __future__ import annotations

from discovery.endpoint import Endpoint
from discovery.latency import Latency


class Running:
    """How many leases of a group of endpoints are held: kept here where adding them up for each pick costs too much."""

    __slots__ = ("active",)

    def __init__(self) -> None:
        self.active = 0


class EndpointState:
    """The counters of one endpoint of one backend in one worker; they survive every change of its weight, zone or tags.

    `active` leases are held now, `picked` were ever given, `failed` of them ended as failures. `weight` is what the
    balancers go by: the endpoint's own, 0..65535, or a share of it while it starts. `latency` is None where the
    backend's balancer does not ask for it; `joined_ns` when it began to take requests, on the clock of the backend, -1
    where that is long ago. `connections` is for whoever sends to it to keep what it sends over, so that
    it is not looked up for each request.
    """

    __slots__ = ("_running", "active", "connections", "endpoint", "failed", "joined_ns", "latency", "picked", "weight")

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.weight = endpoint.weight
        self.active = 0
        self.picked = 0
        self.failed = 0
        self.latency: Latency | None = None
        self.joined_ns = -1
        self.connections: object = None
        self._running: Running | None = None

    def update(self, endpoint: Endpoint) -> None:
        """Take what its source tells anew of the same endpoint."""
        self.endpoint = endpoint
        self.weight = endpoint.weight

    def lease(self) -> Lease:
        """Count one use as begun."""
        self.active += 1
        self.picked += 1
        if self._running is not None:
            self._running.active += 1
        return Lease(self)

    def count_in(self, running: Running | None) -> None:
        """Have its leases, those held too, counted in `running` from now on, and no more where they were."""
        if self._running is not None:
            self._running.active -= self.active
        self._running = running
        if running is not None:
            running.active += self.active

    def release(self) -> None:
        """Count one use as over; for its lease."""
        self.active -= 1
        if self._running is not None:
            self._running.active -= 1


class Lease:
    """The right to use an endpoint once: `endpoint` as it was when picked, `state` its counters."""

    __slots__ = ("_begun_ns", "_open", "endpoint", "state")

    def __init__(self, state: EndpointState) -> None:
        self.endpoint = state.endpoint
        self.state = state
        self._open = 1
        self._begun_ns = -1
        """-1 where nobody asks how long it takes, or it was told already."""
        if state.latency is not None:
            self._begun_ns = state.latency.now_ns()

    def answered(self) -> None:
        """The endpoint has answered, however long the rest of the answer takes; what comes after does not count."""
        if self._begun_ns >= 0:
            self._observe()

    def refused(self) -> None:
        """It has answered that it could not do it."""
        latency = self.state.latency
        if latency is not None and self._begun_ns >= 0:
            self._begun_ns = -1
            latency.punish()

    def finish(self) -> None:
        """Give it back. A second call, of this or of `fail`, does nothing, so that the count cannot go wrong."""
        if self._open:
            self._open = 0
            self.state.release()
            if self._begun_ns >= 0:
                self._observe_wait()

    def fail(self) -> None:
        """Give it back, and count a failure of the endpoint."""
        if self._open:
            self.state.failed += 1
            latency = self.state.latency
            if latency is not None:
                self._begun_ns = -1
                latency.punish()
        self.finish()

    def _observe(self) -> None:
        latency = self.state.latency
        if latency is not None:
            latency.observe(latency.now_ns() - self._begun_ns)
        self._begun_ns = -1

    def _observe_wait(self) -> None:
        """The client left, or the connection, before any answer: it would have taken longer."""
        latency = self.state.latency
        if latency is not None:
            latency.observe_wait(latency.now_ns() - self._begun_ns)
        self._begun_ns = -1
