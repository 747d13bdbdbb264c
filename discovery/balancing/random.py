"""Random: each endpoint with the probability that its weight gives it, in constant time."""

from __future__ import annotations

from discovery.balancing.alias_table import AliasTable
from discovery.balancing.balancer import DRAW_BITS, Balancer, Draw
from discovery.lease import EndpointState


class Random(Balancer):
    """A weighted draw; it needs no memory of the picks before, so gateways that know nothing of each other agree."""

    def __init__(self, states: tuple[EndpointState, ...]) -> None:
        super().__init__(states)
        self._table = AliasTable([state.weight for state in states])

    def pick(self, draw: Draw, key: bytes | None) -> EndpointState:
        """One draw of 62 bits."""
        return self.states[self._table.draw(draw(DRAW_BITS))]
