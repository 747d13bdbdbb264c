"""A source that a configuration names, whose answers the test gives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from config.sources.text import Reading, SourceText


class FakeNamedSource:
    """Silent until the first `change`; `ended` is set once it is closed."""

    def __init__(self, name: str, known: Sequence[SourceText] = ()) -> None:
        self.name = name
        self.texts = tuple(known)
        self.ended = asyncio.Event()
        self._answered = asyncio.Event()
        self._queue: asyncio.Queue[None] = asyncio.Queue()

    @property
    def answered(self) -> bool:
        return self._answered.is_set()

    @property
    def closed(self) -> bool:
        return self.ended.is_set()

    def read(self) -> Reading:
        return Reading(self.texts)

    async def first_answer(self, limit_s: float) -> bool:
        try:
            async with asyncio.timeout(limit_s):
                await self._answered.wait()
        except TimeoutError:
            return False
        return True

    async def change(self, *texts: SourceText) -> None:
        """Answer, and wait until the change was dealt with."""
        self.texts = texts
        self._answered.set()
        self._queue.put_nowait(None)
        await self._queue.join()

    async def __aiter__(self) -> AsyncGenerator[None, None]:
        while True:
            await self._queue.get()
            try:
                yield
            finally:
                self._queue.task_done()

    async def close(self) -> None:
        self.ended.set()
