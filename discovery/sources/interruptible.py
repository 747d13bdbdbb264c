"""Waits that can be ended early from outside, so that a source can be asked again at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Interrupted(Exception):
    """`interrupt` was called while a wait went on, or before it began."""


class Interruptible:
    """One task's waits, one at a time; `interrupt` ends the one that runs, or the next one, with no task of its own."""

    __slots__ = ("_deadline", "_wanted")

    def __init__(self) -> None:
        self._deadline: asyncio.Timeout | None = None
        self._wanted = False

    def interrupt(self) -> None:
        """End the wait."""
        self._wanted = True
        if self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(asyncio.get_running_loop().time())

    async def within(self, limit_s: float, work: Awaitable[T]) -> T:
        """The result of `work`. Raises TimeoutError after `limit_s`, Interrupted when interrupted; both cancel it."""
        try:
            async with asyncio.timeout(0.0 if self._wanted else limit_s) as self._deadline:
                return await work
        except TimeoutError:
            if self._wanted:
                self._wanted = False
                raise Interrupted from None
            raise
        finally:
            self._deadline = None

    async def sleep(self, pause_s: float) -> bool:
        """Wait so long; return whether it was cut short."""
        try:
            await self.within(pause_s, asyncio.get_running_loop().create_future())
        except Interrupted:
            return True
        except TimeoutError:
            return False
        return False
