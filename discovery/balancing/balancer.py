"""The base of every balancer: the endpoints that may take a request, and the pick that leaves out those tried."""

from __future__ import annotations

from collections.abc import Callable, Collection

from discovery.lease import EndpointState

Draw = Callable[[int], int]
"""Uniform random bits, as many as asked for: `random.Random.getrandbits`."""

DRAW_BITS = 62
"""Bits of one draw: two halves of 31, so that a product with a count of endpoints stays within 64."""

TRIES = 4
"""Ordinary picks before those not tried are listed: with a few tried of many endpoints the list is not needed."""


class Balancer:
    """A choice among `states`, of which there is at least one; each serves and has a weight above 0.

    `panic` is set where unhealthy ones are among them, as too few are healthy.
    """

    def __init__(self, states: tuple[EndpointState, ...]) -> None:
        self.states = states
        self.panic = False

    def pick(self, draw: Draw, key: bytes | None) -> EndpointState:
        """One of `states`. `key` is what a hashing balancer hashes; the others leave it aside."""
        raise NotImplementedError

    def pick_untried(self, draw: Draw, key: bytes | None, tried: Collection[str]) -> EndpointState:
        """One whose id is not in `tried`; one that was tried only where there is no other. O(endpoints) at worst."""
        for _ in range(TRIES):
            state = self.pick(draw, key)
            if state.endpoint.id not in tried:
                return state
        total = 0
        for other in self.states:
            if other.endpoint.id not in tried:
                total += other.weight
        if total == 0:
            return state
        point = draw(DRAW_BITS) % total
        for other in self.states:
            if other.endpoint.id not in tried:
                point -= other.weight
                if point < 0:
                    return other
        return state
