"""The source that the configuration itself names: made once it is named, and made anew when it is named otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Protocol

from config.resources.weir import WeirSpec
from config.sources.text import Reading, SourceText
from gateway.runtime import Spawn


class NamedSource(Protocol):
    """See `config.sources.consul_kv.ConsulKvSource`, the only one."""

    name: str

    @property
    def texts(self) -> Sequence[SourceText]:
        """What is known of it, be it of before a restart."""

    @property
    def answered(self) -> bool:
        """Whether that is what it holds now."""

    def read(self) -> Reading: ...

    def __aiter__(self) -> AsyncGenerator[object, None]: ...

    async def first_answer(self, limit_s: float) -> bool: ...

    async def close(self) -> None: ...


Make = Callable[[WeirSpec, Sequence[SourceText]], NamedSource | None]
"""Makes what a Weir resource names, None where it names nothing; it may go on with texts that are known of it."""


class Named:
    """At most one source, watched by a task of its own; `changed` is awaited after each of its changes."""

    def __init__(self, make: Make, spawn: Spawn, changed: Callable[[], Awaitable[object]]) -> None:
        self.source: NamedSource | None = None
        self._make = make
        self._spawn = spawn
        self._changed = changed
        self._named: object = None
        self._task: asyncio.Task[object] | None = None

    def follow(self, process: WeirSpec, known: Sequence[SourceText]) -> NamedSource | None:
        """The source that `process` names; the one of before is closed where it is another."""
        named = (process.consul, process.discovery.empty_protection)
        if named == self._named:
            return self.source
        self._named = named
        source = self._make(process, self.source.texts if self.source is not None else known)
        # It may be its own change that this is about; its task then ends by itself.
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self.source, self._task = source, None
        if source is not None:
            self._task = self._spawn(self._watch(source), name=f"watch {source.name}")
        return source

    async def _watch(self, source: NamedSource) -> None:
        try:
            async with aclosing(aiter(source)) as changes:
                async for _ in changes:
                    await self._changed()
                    if self.source is not source:
                        return
        finally:
            await source.close()
