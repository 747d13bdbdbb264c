"""PeakEwma: of a few endpoints drawn by weight, the one that would be done first by what it took of late.

Finagle's load metric: the peak-sensitive average of the latency (`discovery.latency`) times the requests that it would
have with this one. So a slow endpoint gets what it gets done in the time of the others, which LeastRequest sees only
once requests have piled up on it. One of which nothing is known yet gets a single request first.
"""

from __future__ import annotations

from discovery.balancing.alias_table import AliasTable
from discovery.balancing.balancer import DRAW_BITS, Balancer, Draw
from discovery.latency import NowNs
from discovery.lease import EndpointState

FEW = 4
"""Up to so many endpoints, all are compared."""
UNKNOWN_NS = 1e13
"""What an endpoint counts as whose first answer is awaited: more than any that is known, see `latency.LONGEST_NS`."""

# As a C number in the compiled form.
_UNKNOWN_NS = UNKNOWN_NS


class PeakEwma(Balancer):
    """Compares `choices` (2 or more) endpoints per pick; each of `states` has its `latency`, by the clock `now_ns`."""

    def __init__(self, states: tuple[EndpointState, ...], choices: int, now_ns: NowNs) -> None:
        super().__init__(states)
        self._choices = choices
        self._now_ns = now_ns
        self._compare_all = 1 if len(states) <= max(choices, FEW) else 0
        self._table = AliasTable([state.weight for state in states])

    def pick(self, draw: Draw, key: bytes | None) -> EndpointState:
        """`choices` draws of 62 bits, or one where all are compared."""
        now_ns = self._now_ns()
        first = self._table.draw(draw(DRAW_BITS))
        best = self.states[first]
        least = self._load(best, now_ns)
        if self._compare_all:
            for other in self.states:
                load = self._load(other, now_ns)
                if load < least:
                    best, least = other, load
            return best
        for _ in range(1, self._choices):
            index = self._table.draw(draw(DRAW_BITS))
            if index == first:
                # Nobody may win against itself: one in as many picks as there are endpoints would go to the slowest.
                index = index + 1 if index + 1 < len(self.states) else 0
            other = self.states[index]
            load = self._load(other, now_ns)
            if load < least:
                best, least = other, load
        return best

    def _load(self, state: EndpointState, now_ns: int) -> float:
        """Nanoseconds per weight until one request more were done; 0.0 where it is idle and nothing is known of it."""
        latency = state.latency
        average_ns = 0.0 if latency is None else latency.at(now_ns)
        if average_ns == 0.0:
            held = state.load()
            return 0.0 if held == 0 else (_UNKNOWN_NS + held) / state.weight
        return average_ns * (state.load() + 1) / state.weight
