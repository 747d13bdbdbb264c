"""LeastRequest: of a few endpoints drawn by weight, the one with the fewest requests for its weight.

M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (2001): two draws keep the longest queue
exponentially shorter than one, and unlike a search for the least of all they do not send every gateway to the same one.
The workers of a node count together.
Weight counts once: candidates are drawn in proportion to it, and a later one wins only with strictly fewer requests
per weight (Envoy's active request bias of 1). So an idle backend is shared by weight exactly, a busy one by what it
gets done.
"""

from __future__ import annotations

from discovery.balancing.alias_table import AliasTable
from discovery.balancing.balancer import DRAW_BITS, Balancer, Draw
from discovery.lease import EndpointState

FEW = 4
"""Up to so many endpoints, all are compared: that costs less than a second draw and balances exactly."""


class LeastRequest(Balancer):
    """Compares `choices` (2 or more) endpoints per pick."""

    def __init__(self, states: tuple[EndpointState, ...], choices: int) -> None:
        super().__init__(states)
        self._choices = choices
        self._compare_all = 1 if len(states) <= max(choices, FEW) else 0
        self._table = AliasTable([state.weight for state in states])

    def pick(self, draw: Draw, key: bytes | None) -> EndpointState:
        """`choices` draws of 62 bits, or one where all are compared."""
        first = self._table.draw(draw(DRAW_BITS))
        best = self.states[first]
        least = best.load()
        if self._compare_all:
            # Round from the one that is drawn: in their order, every gateway would give each tie to the first one.
            for index in range(first + 1, first + len(self.states)):
                other = self.states[index % len(self.states)]
                load = other.load()
                if load * best.weight < least * other.weight:
                    best, least = other, load
            return best
        for _ in range(1, self._choices):
            index = self._table.draw(draw(DRAW_BITS))
            if index == first:
                # Nobody may win against itself.
                index = index + 1 if index + 1 < len(self.states) else 0
            other = self.states[index]
            load = other.load()
            if load * best.weight < least * other.weight:
                best, least = other, load
        return best
