"""The only place that starts tasks: each is kept alive, named, and its failure logged once and counted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping

log = logging.getLogger("weir.tasks")


class Tasks:
    """The tasks of one loop; `on_failure` is called for each one that ends by an error."""

    def __init__(self, on_failure: Callable[[], None] = lambda: None) -> None:
        self._running: set[asyncio.Task[object]] = set()
        self._on_failure = on_failure

    def spawn(self, work: Coroutine[object, object, object], *, name: str) -> asyncio.Task[object]:
        """Start `work` in the running loop."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_failure()
            log.error("task %s failed", task.get_name(), exc_info=error)

    def loop_failed(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        """Handler for `loop.set_exception_handler`: a defect in a callback is counted and logged like one in a task."""
        error = context.get("exception")
        if isinstance(error, OSError):
            # The system's doing, no defect: what met it has ended with it.
            log.warning("%s: %s", context.get("message"), error)
            return
        self._on_failure()
        log.error("%s", context.get("message"), exc_info=error if isinstance(error, BaseException) else None)

    async def cancel_all(self) -> None:
        """End every task but the one that asks, and wait for them."""
        current = asyncio.current_task()
        tasks = [task for task in self._running if task is not current]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
