"""The immutable state of a backend in one worker: what a pick reads, replaced as a whole by one assignment."""

from __future__ import annotations

from discovery.balancing.balancer import Balancer
from discovery.endpoint import Endpoint
from discovery.lease import EndpointState


class View:
    """One view: `endpoints` and their `states` in the same order, and `balancer` over those that take new requests.

    `balancer` is None where no endpoint does. `generation` grows by one with each view of the backend; `source` and
    `as_of_s` (unix time, 0.0 before the first set) are those of the set that it was made of.
    """

    __slots__ = ("as_of_s", "balancer", "endpoints", "generation", "source", "states")

    def __init__(
        self,
        endpoints: tuple[Endpoint, ...],
        states: tuple[EndpointState, ...],
        balancer: Balancer | None,
        generation: int,
        source: str,
        as_of_s: float,
    ) -> None:
        self.endpoints = endpoints
        self.states = states
        self.balancer = balancer
        self.generation = generation
        self.source = source
        self.as_of_s = as_of_s
