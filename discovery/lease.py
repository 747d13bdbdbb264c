"""What a worker keeps per endpoint over changes of the view, and the right to use an endpoint once."""

from __future__ import annotations

from discovery.endpoint import Endpoint


class EndpointState:
    """The counters of one endpoint of one backend in one worker; they survive every change of its weight, zone or tags.

    `active` leases are held now, `picked` were ever given, `failed` of them ended as failures. `weight` is the
    endpoint's own, 0..65535, kept here as a plain number for the balancers. `connections` is for whoever sends to it to
    keep what it sends over, so that it is not looked up for each request.
    """

    __slots__ = ("active", "connections", "endpoint", "failed", "picked", "weight")

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.weight = endpoint.weight
        self.active = 0
        self.picked = 0
        self.failed = 0
        self.connections: object = None

    def update(self, endpoint: Endpoint) -> None:
        """Take what its source tells anew of the same endpoint."""
        self.endpoint = endpoint
        self.weight = endpoint.weight

    def lease(self) -> Lease:
        """Count one use as begun."""
        self.active += 1
        self.picked += 1
        return Lease(self)


class Lease:
    """The right to use an endpoint once: `endpoint` as it was when picked, `state` its counters."""

    __slots__ = ("_open", "endpoint", "state")

    def __init__(self, state: EndpointState) -> None:
        self.endpoint = state.endpoint
        self.state = state
        self._open = 1

    def finish(self) -> None:
        """Give it back. A second call, of this or of `fail`, does nothing, so that the count cannot go wrong."""
        if self._open:
            self._open = 0
            self.state.active -= 1

    def fail(self) -> None:
        """Give it back, and count a failure of the endpoint."""
        if self._open:
            self.state.failed += 1
        self.finish()
