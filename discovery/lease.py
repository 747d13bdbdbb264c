"""What a worker keeps per endpoint over changes of the view, and the right to use an endpoint once."""

from __future__ import annotations

from typing import Protocol

from discovery.endpoint import Endpoint
from discovery.in_flight import InFlight
from discovery.latency import Latency


class Running:
    """How many leases of a group of endpoints are held: kept here where adding them up for each pick costs too much."""

    __slots__ = ("active",)

    def __init__(self) -> None:
        self.active = 0


class Witness(Protocol):
    """Who is told of failures as they happen; see `discovery.health.witness`."""

    def failed(self, state: EndpointState) -> None:
        """One more failure is counted in `state`."""


class EndpointState:
    """The counters of one endpoint of one backend in one worker; they survive every change of its weight, zone or tags.

    `active` leases are held now, `picked` were ever given, `failed` of them ended as failures. `weight` is what the
    balancers go by: the endpoint's own, 0..65535, or a share of it while it starts. `latency` is None where the
    backend's balancer does not ask for it; `joined_ns` when it began to take requests, on the clock of the backend, -1
    where that is long ago. `connections` is for whoever sends to it to keep what it sends over, so that
    it is not looked up for each request.

    `faults` are answers 5xx and failures. `row_5xx`, `row_gateway` (502, 503, 504) and `row_failures` (no answer, or
    none that came to its end) are those in a row until now, for `witness`, where there is one; `row_told` is how often
    it has told of a row that still goes on.
    """

    __slots__ = (
        "_in_flight",
        "_running",
        "_slot",
        "active",
        "connections",
        "endpoint",
        "failed",
        "faults",
        "joined_ns",
        "latency",
        "picked",
        "row_5xx",
        "row_failures",
        "row_gateway",
        "row_told",
        "weight",
        "witness",
    )

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.weight = endpoint.weight
        self.active = 0
        self.picked = 0
        self.failed = 0
        self.latency: Latency | None = None
        self.joined_ns = -1
        self.faults = 0
        self.row_5xx = 0
        self.row_gateway = 0
        self.row_failures = 0
        self.row_told = 0
        self.connections: object = None
        self._running: Running | None = None
        self.witness: Witness | None = None
        self._in_flight: InFlight | None = None
        self._slot = -1

    def update(self, endpoint: Endpoint) -> None:
        """Take what its source tells anew of the same endpoint. One that is healthy again begins without a row."""
        if endpoint.healthy and not self.endpoint.healthy:
            self.begin_rows()
        self.endpoint = endpoint
        self.weight = endpoint.weight

    def begin_rows(self) -> None:
        """Count failures in a row from 0."""
        self.row_5xx = self.row_gateway = self.row_failures = self.row_told = 0

    def lease(self) -> Lease:
        """Count one use as begun."""
        self.active += 1
        self.picked += 1
        if self._running is not None:
            self._running.active += 1
        if self._in_flight is not None:
            self._in_flight.add(self._slot, 1)
        return Lease(self)

    def load(self) -> int:
        """The leases that are held now, by all workers of the node where they tell each other."""
        if self._in_flight is None:
            return self.active
        return self.active + self._in_flight.elsewhere(self._slot)

    def share(self, in_flight: InFlight | None, slot: int) -> None:
        """Tell the other workers of its leases, those held too, in that slot from now on; with None no more."""
        if self._in_flight is not None:
            self._in_flight.add(self._slot, -self.active)
        self._in_flight = in_flight if in_flight is not None and in_flight.takes(slot) else None
        self._slot = slot
        if self._in_flight is not None:
            self._in_flight.add(slot, self.active)

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
        if self._in_flight is not None:
            self._in_flight.add(self._slot, -1)


class Lease:
    """The right to use an endpoint once: `endpoint` as it was when picked, `state` its counters."""

    __slots__ = ("_begun_ns", "_open", "_status", "endpoint", "state")

    def __init__(self, state: EndpointState) -> None:
        self.endpoint = state.endpoint
        self.state = state
        self._open = 1
        self._status = 0
        self._begun_ns = -1
        """-1 where nobody asks how long it takes, or it was told already."""
        if state.latency is not None:
            self._begun_ns = state.latency.now_ns()

    def answered(self, status: int) -> None:
        """An answer began, with a `status` that is not an interim one; how long the rest takes does not count."""
        state = self.state
        self._status = status
        if self._begun_ns >= 0:
            self._observe(status)
        if status < 500:
            if state.row_5xx:
                state.row_5xx = state.row_gateway = state.row_told = 0
            return
        state.faults += 1
        state.row_5xx += 1
        state.row_gateway = state.row_gateway + 1 if 502 <= status <= 504 else 0
        if state.witness is not None:
            state.witness.failed(state)

    def finish(self) -> None:
        """Give it back. A second call, of this or of `fail`, does nothing, so that the count cannot go wrong."""
        if self._open:
            self._open = 0
            self.state.release()
            if self._begun_ns >= 0:
                self._observe_wait()
            if self._status and self.state.row_failures:
                self.state.row_failures = self.state.row_told = 0

    def fail(self) -> None:
        """Give it back, and count a failure of the endpoint.

        One whose answer was an error is given up for that answer, which is counted: it is none of the failures in a
        row.
        """
        if not self._open:
            return
        state = self.state
        self._open = 0
        state.release()
        state.failed += 1
        if self._begun_ns >= 0:
            self._observe_wait()
        if state.latency is not None:
            state.latency.punish()
        if self._status < 400:
            state.faults += 1
            state.row_failures += 1
            if state.witness is not None:
                state.witness.failed(state)

    def _observe(self, status: int) -> None:
        latency = self.state.latency
        if latency is not None:
            if 502 <= status <= 504:
                # It cannot, and says so soon: that must not make it the fastest one.
                latency.punish()
            else:
                latency.observe(latency.now_ns() - self._begun_ns)
        self._begun_ns = -1

    def _observe_wait(self) -> None:
        """The client left, or the connection, before any answer: it would have taken longer."""
        latency = self.state.latency
        if latency is not None:
            latency.observe_wait(latency.now_ns() - self._begun_ns)
        self._begun_ns = -1
