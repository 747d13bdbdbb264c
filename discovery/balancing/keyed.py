# cython: boundscheck=False, wraparound=False, cdivision=True
"""The base of the balancers that send one key to one endpoint: a circular table, and the walk along it.

A pick begins where the key falls, and goes on to the next entry while the endpoint there was tried already, or has as
many requests as bounded load grants it: V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent Hashing with Bounded
Loads" (2016). With a factor of c, nobody gets more than the part ceil(c * requests * weight / weights) of the requests
that run, and a key leaves its endpoint only while that is full.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection

from discovery.balancing.balancer import DRAW_BITS, Balancer, Draw
from discovery.balancing.hashing import Hash
from discovery.lease import EndpointState, Running

WALK_LIMIT = 1024
"""Entries that are looked at; past it all endpoints are compared, as a table may have millions of entries."""
_NONE: tuple[str, ...] = ()


class KeyedBalancer(Balancer):
    """`_table` holds positions in `states`, in the order of a walk; a subclass fills it and says where a hash falls.

    `factor` is c in percent, over 100; 0 is no bound. Without a key, a pick begins anywhere: the endpoints then share
    by weight, as there is nothing to keep together.
    """

    def __init__(self, states: tuple[EndpointState, ...], hash_key: Hash, factor: int) -> None:
        super().__init__(states)
        self._table = array("i", [0])
        self._hash = hash_key
        self._factor = factor
        self._weights = 0
        for state in states:
            self._weights += state.weight
        self._running: Running | None = None

    def count_running(self) -> bool:
        """Where load is bounded, have the endpoints count what runs on them all, which spares each pick the adding up.

        An endpoint counts for the last balancer that asked; the others add up. Returns whether it is bounded.
        """
        if not self._factor:
            return False
        self._running = Running()
        for state in self.states:
            state.count_in(self._running)
        return True

    def pick(self, draw: Draw, key: bytes | None) -> EndpointState:
        """That of `key`, or the next one with room; without a key 62 bits are drawn."""
        place = draw(DRAW_BITS) % len(self._table) if key is None else self._place(self._hash(key))
        if self._factor:
            return self._walk(place, _NONE)
        return self.states[self._table[place]]

    def pick_untried(self, draw: Draw, key: bytes | None, tried: Collection[str]) -> EndpointState:
        """The next one on the walk that was not tried: every gateway sends a key whose endpoint failed to the same."""
        place = draw(DRAW_BITS) % len(self._table) if key is None else self._place(self._hash(key))
        return self._walk(place, tried)

    def _place(self, hashed: int) -> int:
        """Where the walk of that hash begins."""
        raise NotImplementedError

    def _walk(self, place: int, tried: Collection[str]) -> EndpointState:
        size = len(self._table)
        running = self._running_now() if self._factor else 0
        first = self.states[self._table[place]]
        for _ in range(min(size, WALK_LIMIT)):
            state = self.states[self._table[place]]
            if (not self._factor or self._has_room(state, running)) and (not tried or state.endpoint.id not in tried):
                return state
            place += 1
            if place == size:
                place = 0
        return self._least_loaded(first, tried)

    def _has_room(self, state: EndpointState, running: int) -> bool:
        """Whether one request more leaves it within its part of all of them."""
        return state.active * 100 * self._weights < self._factor * (running + 1) * state.weight

    def _running_now(self) -> int:
        if self._running is not None:
            return self._running.active
        total = 0
        for state in self.states:
            total += state.active
        return total

    def _least_loaded(self, first: EndpointState, tried: Collection[str]) -> EndpointState:
        """Of those not tried; `first` where all were."""
        best = first
        found = False
        for state in self.states:
            if tried and state.endpoint.id in tried:
                continue
            if not found or state.active * best.weight < best.active * state.weight:
                best = state
                found = True
        return best
