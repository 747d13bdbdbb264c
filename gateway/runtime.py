"""Time, randomness and task start for the data path, handed in once so that tests can replace them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Protocol


class Spawn(Protocol):
    """Starts a task that is kept alive, named and whose failure is logged once (`gateway.tasks`)."""

    def __call__(self, work: Coroutine[object, object, object], *, name: str) -> asyncio.Task[object]: ...


@dataclass(slots=True)
class Runtime:
    """What the data path may know of the world outside its sockets.

    `monotonic_ns` is for durations, `unix_s` for dates and logs; `random` is seeded by the operating system unless a
    test seeds it.
    """

    loop: asyncio.AbstractEventLoop
    spawn: Spawn
    monotonic_ns: Callable[[], int] = time.monotonic_ns
    unix_s: Callable[[], float] = time.time
    random: random.Random = field(default_factory=random.Random)
