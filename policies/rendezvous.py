"""A choice by key among weighted names that moves as few keys as can be when weights or names change.

Weighted rendezvous hashing: each name draws a number u in (0, 1) from the key, and the highest -weight / ln(u) wins
(C. Schindelhauer, G. Schomaker, "Weighted Distributed Hash Tables", SPAA 2005). A key is won by each name in
proportion to its weight; where one weight grows, keys move to that name alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from policies.sticky import NUMBERS, salt_of, share

_HALF = 0.5 / NUMBERS
"""Keeps the number off 0, which has no logarithm."""


class Rendezvous:
    """Over `names`, all different, with `weights` of 0 or more, one of which is above 0."""

    __slots__ = ("_contenders",)

    def __init__(self, names: Sequence[str], weights: Sequence[int]) -> None:
        self._contenders = tuple(
            (index, salt_of(name), weight)
            for index, (name, weight) in enumerate(zip(names, weights, strict=True))
            if weight > 0
        )

    def index(self, key: bytes) -> int:
        """The position among the names of the one that wins `key`. Costs a hash per name."""
        best, won = -1.0, -1
        for index, salt, weight in self._contenders:
            score = -weight / log(share(key, salt) + _HALF)
            if score > best:
                best, won = score, index
        return won
