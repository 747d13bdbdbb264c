"""The rules of Consul's blocking queries for the index, and the pace between two of them.

Source: Consul's documentation, "Blocking Queries", "Implementation Details".
"""

from __future__ import annotations

INTERVAL_S = 0.02
"""Shortest time between an answer and the next question: the first change is seen at once, a burst in few answers."""

SPIN_INTERVAL_S = 0.25
SPIN_ANSWERS = 20
"""After so many answers in a row that came early and changed nothing, questions are asked at the slower pace: a server
that does not block, or an index that others move, must not cost a core."""


class BlockingIndex:
    """The index of one query; 0 asks without one, so that the answer comes at once."""

    __slots__ = ("_early", "value")

    def __init__(self) -> None:
        self.value = 0
        self._early = 0

    def reset(self) -> None:
        """Ask without an index next: after an error, whatever may have been missed is then seen at once."""
        self.value = 0

    def advance(self, answered: int) -> bool:
        """Take the index of an answer; return False where it went back, and the answer must not be believed yet.

        An index goes back when servers were restored or replaced, or a follower lags: the query then begins again
        without one. An index is never asked below 1, as 0 would not block.
        """
        if answered < self.value:
            self.value = 0
            return False
        self.value = max(1, answered)
        return True

    def pause_s(self, *, changed: bool, early: bool) -> float:
        """How long to wait before the next question; `early` when the answer came well before the wait was over."""
        self._early = self._early + 1 if early and not changed else 0
        return INTERVAL_S if self._early < SPIN_ANSWERS else SPIN_INTERVAL_S
