# cython: boundscheck=False, wraparound=False, cdivision=True
"""Maglev: a table of a prime number of entries that endpoints fill in turns, each by a permutation of its own.

D. Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer" (2016), 3.4. Shares are even to a part
in (entries / endpoints), a pick is one division, and an endpoint that comes or goes moves few keys of the others. A
heavier one has its turn more often, as in Envoy: by round r, with W the greatest weight, w has had r * w / W turns.
"""

from __future__ import annotations

from array import array

from discovery.balancing.hashing import Hash, mixed
from discovery.balancing.keyed import KeyedBalancer
from discovery.lease import EndpointState

TABLE_SIZE = 65_537


class Maglev(KeyedBalancer):
    """`size` is a prime, many times the number of endpoints: with fewer entries than endpoints, some have none.

    O(size * log size) to make where all weights are one, as one entry is looked for among those that are taken.
    """

    def __init__(
        self, states: tuple[EndpointState, ...], hash_key: Hash, size: int = TABLE_SIZE, factor: int = 0
    ) -> None:
        super().__init__(states, hash_key, factor)
        self._table = array("i", [-1]) * (size if len(states) > 1 else 1)
        # By weight, as a turn is decided for all of one weight at once, and by id, so that every gateway agrees.
        order = sorted(range(len(states)), key=lambda index: (-states[index].weight, states[index].endpoint.id))
        ends: dict[int, int] = {}
        for place, index in enumerate(order):
            ends[states[index].weight] = place + 1
        own = [hash_key(states[index].endpoint.id.encode("utf-8", "surrogateescape")) for index in order]
        entries = len(self._table)
        self._fill(
            array("i", order),
            array("q", ends.keys()),
            array("q", ends.values()),
            array("q", [mixed(each, 0) % entries for each in own]),
            array("q", [mixed(each, 1) % max(entries - 1, 1) + 1 for each in own]),
        )

    def _fill(
        self, order: array[int], weights: array[int], ends: array[int], nexts: array[int], skips: array[int]
    ) -> None:
        """`weights` fall, each with where in `order` its endpoints end; `nexts` and `skips` are their permutations."""
        indexes, group_weights, group_ends, places, steps = order, weights, ends, nexts, skips
        table = self._table
        size = len(table)
        groups = len(weights)
        due = array("q", [0]) * groups
        dues = due
        greatest = weights[0]
        filled = 0
        turn = 0
        while True:
            turn += 1
            begin = 0
            for group in range(groups):
                end = group_ends[group]
                if turn * group_weights[group] >= dues[group]:
                    dues[group] += greatest
                    for member in range(begin, end):
                        place = places[member]
                        while table[place] >= 0:
                            place += steps[member]
                            if place >= size:
                                place -= size
                        table[place] = indexes[member]
                        places[member] = place
                        filled += 1
                        if filled == size:
                            return
                begin = end

    def _place(self, hashed: int) -> int:
        return hashed % len(self._table)
