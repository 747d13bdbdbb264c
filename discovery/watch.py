"""One running source and the backends that read its answers."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from discovery.runtime import Runtime
from discovery.sources.backoff import Backoff
from discovery.sources.source import Answer, Source, SourceFailed

log = logging.getLogger("weir.discovery")


class Reader(Protocol):
    """Who takes the answers of a watch."""

    def offer(self, answer: Answer) -> None: ...


class Watch:
    """Runs `source` once for all its readers; a reader that joins later gets the last answer at once."""

    def __init__(self, source: Source, runtime: Runtime) -> None:
        self.source = source
        self.answered_at_s: float | None = None
        """When the last good answer came, by `loop.time()`."""
        self._runtime = runtime
        self._readers: list[Reader] = []
        self._last: Answer | None = None
        self._task: asyncio.Task[object] | None = None

    def join(self, reader: Reader) -> None:
        """Add a reader; the first one starts the source."""
        self._readers.append(reader)
        if self._last is not None:
            reader.offer(self._last)
        if self._task is None:
            self._task = self._runtime.spawn(self._run(), name=f"watch {self.source.tally.name}")

    def leave(self, reader: Reader) -> bool:
        """Remove a reader; return whether any is left. With the last one the source is stopped."""
        self._readers.remove(reader)
        if self._readers:
            return True
        if self._task is not None:
            self._task.cancel()
        return False

    def stopped(self) -> bool:
        """Whether the source has ended."""
        return self._task is None or self._task.done()

    async def ended(self) -> None:
        """Wait until a stopped source has let go of what it held."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        backoff = Backoff(self._runtime.random)
        while True:
            try:
                await self.source.run(self._publish)
                return
            except Exception as error:
                # A defect of Weir's own: the watch must outlive it, or the backend would be frozen for good.
                log.exception("%s failed", self.source.tally.name)
                self.source.tally.failed(SourceFailed("internal", str(error)))
            await asyncio.sleep(backoff.next_s())

    def _publish(self, answer: Answer) -> None:
        self._last = answer
        self.answered_at_s = self._runtime.loop.time()
        for reader in tuple(self._readers):
            reader.offer(answer)
