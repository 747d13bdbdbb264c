# cython: boundscheck=False, wraparound=False, cdivision=True
"""RoundRobin: smooth and weighted as nginx's (`ngx_http_upstream_round_robin.c`), over groups of equal weight.

nginx adds to each endpoint's current value its weight, picks the greatest and takes the total from it: exact over a
cycle, and never a burst to the heavy one. Here endpoints of one weight form a group that takes part with the sum of
their weights and gives its turns to its members in rotation. That keeps both properties, is nginx's own order where all
weights differ, and costs one step per distinct weight in place of one per endpoint: equal weights are picked in
constant time.
"""

from __future__ import annotations

from array import array

from discovery.balancing.balancer import Balancer, Draw
from discovery.lease import EndpointState


class RoundRobin(Balancer):
    """Exact over any run of as many picks as the weights add up to."""

    def __init__(self, states: tuple[EndpointState, ...], previous: Balancer | None = None, start: int = 0) -> None:
        """Go on where `previous` stood, so that a change of the view does not begin at the first endpoint again.

        Without one, each group begins at its member number `start`, so that workers begin at different ones.
        """
        super().__init__(states)
        groups: dict[int, list[EndpointState]] = {}
        for state in states:
            groups.setdefault(state.weight, []).append(state)
        currents: dict[int, int] = {}
        if isinstance(previous, RoundRobin):
            currents, rotation = previous.position()
            # Those that the rotation did not know go to its end: a newcomer waits for one turn of the others.
            last = len(rotation)
            for members in groups.values():
                members.sort(key=lambda state: rotation.get(state.endpoint.id, last))
        else:
            for members in groups.values():
                first = start % len(members)
                members[:] = members[first:] + members[:first]
        self._groups = list(groups.values())
        self._count = len(self._groups)
        shares = [weight * len(members) for weight, members in groups.items()]
        self._total = sum(shares)
        self._shares = array("q", shares)
        # A current value is within one total of 0; one carried over from a greater total is cut to that.
        self._currents = array("q", [max(-self._total, min(self._total, currents.get(weight, 0))) for weight in groups])
        self._cursors = array("q", [0]) * self._count

    def position(self) -> tuple[dict[int, int], dict[str, int]]:
        """Each weight's current value, and each endpoint's place in the rotation of its group, the next one first."""
        currents: dict[int, int] = {}
        rotation: dict[str, int] = {}
        for index, members in enumerate(self._groups):
            cursor = self._cursors[index]
            currents[members[0].weight] = self._currents[index]
            for state in members[cursor:] + members[:cursor]:
                rotation[state.endpoint.id] = len(rotation)
        return currents, rotation

    def pick(self, draw: Draw, key: bytes | None) -> EndpointState:
        """The next one; nothing is drawn."""
        best = 0
        if self._count > 1:
            currents = self._currents
            shares = self._shares
            greatest = -self._total
            for index in range(self._count):
                current = currents[index] + shares[index]
                currents[index] = current
                if current > greatest:
                    greatest = current
                    best = index
            currents[best] -= self._total
        members = self._groups[best]
        cursor = self._cursors[best]
        state = members[cursor]
        cursor += 1
        self._cursors[best] = 0 if cursor == len(members) else cursor
        return state
