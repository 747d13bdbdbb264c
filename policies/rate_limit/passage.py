"""A request on its way through the limits of a rule."""

from __future__ import annotations

from collections.abc import Callable

from policies.rate_limit.settlement import Settlement


class Passage:
    """What it was charged so far, how long it must wait for its turn, and what its client is told."""

    __slots__ = ("entered", "items", "policies", "undo", "wait_ns")

    def __init__(self) -> None:
        self.undo: list[Callable[[], None]] = []
        """Gives back what was charged, where a later limit refuses."""
        self.entered: list[Settlement] = []
        self.policies: list[str] = []
        self.items: list[str] = []
        self.wait_ns = 0
