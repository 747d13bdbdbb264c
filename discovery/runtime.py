"""What discovery may know of the world: the loop, clocks, randomness and task start, handed in once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Protocol


class Spawn(Protocol):
    """Starts a task that is kept alive and whose failure is logged."""

    def __call__(self, work: Coroutine[object, object, object], *, name: str) -> asyncio.Task[object]: ...


class Runtime(Protocol):
    """`unix_s` is for what is shown and kept; durations are measured with `loop.time()`, in seconds."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    @property
    def spawn(self) -> Spawn: ...

    @property
    def unix_s(self) -> Callable[[], float]: ...

    @property
    def random(self) -> random.Random: ...
