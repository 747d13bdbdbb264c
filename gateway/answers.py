"""Who answers what a policy must know before it can decide: one handler for each type of question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Handler = Callable[[Any], Awaitable[object]]


class Answers:
    """`handlers` by the exact type of a question; each bounds its own time and never raises for what a peer does."""

    def __init__(self, handlers: Mapping[type, Handler]) -> None:
        self._handlers = dict(handlers)

    async def answer(self, question: object) -> object:
        """What the handler says; a question that nobody knows is a defect, and a KeyError."""
        return await self._handlers[type(question)](question)
