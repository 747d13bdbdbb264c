"""The split of a rule's traffic over its backendRefs by weight: exact over time, without a draw per request."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from random import Random

T = TypeVar("T")

START_STEPS = 128
"""A split begins at a random place of its cycle within so many steps. Without, each reload and each worker would begin
with the heaviest share, and a route that sees ten requests between two reloads would never use the light one."""


class Split(Generic[T]):
    """Smooth weighted round robin over `shares` (as nginx's upstream): over any cycle each share is met exactly.

    A weight of 0 takes nothing; there must be one above 0.
    """

    __slots__ = ("_currents", "_random", "_total", "_weights", "shares")

    def __init__(self, shares: Sequence[tuple[T, int]], random: Random) -> None:
        taking = [(share, weight) for share, weight in shares if weight > 0]
        self.shares = [share for share, _ in taking]
        self._weights = [weight for _, weight in taking]
        self._total = sum(self._weights)
        self._currents = [0] * len(taking)
        self._random: Random | None = random

    def choose(self) -> T:
        """The next one."""
        if self._random is not None:
            random, self._random = self._random, None
            cycle = self._total // gcd(*self._weights)
            for _ in range(random.randrange(min(cycle, START_STEPS))):
                self._step()
        return self.shares[self._step()]

    def _step(self) -> int:
        currents, weights = self._currents, self._weights
        best = 0
        for index in range(len(currents)):
            currents[index] += weights[index]
            if currents[index] > currents[best]:
                best = index
        currents[best] -= self._total
        return best
