"""Time, randomness and task start for the data path, handed in once so that tests can replace them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Protocol

from discovery.in_flight import InFlight
from discovery.whereabouts import NOWHERE, Whereabouts
from gateway.clock import Clock
from gateway.transport.poller import Poller


class Spawn(Protocol):
    """Starts a task that is kept alive, named and whose failure is logged once (`gateway.tasks`)."""

    def __call__(self, work: Coroutine[object, object, object], *, name: str) -> asyncio.Task[object]: ...


@dataclass(slots=True)
class Runtime:
    """What the data path may know of the world outside its sockets.

    `random` is seeded by the operating system unless a test seeds it.
    """

    loop: asyncio.AbstractEventLoop
    spawn: Spawn
    clock: Clock = field(default_factory=Clock)
    random: random.Random = field(default_factory=random.Random)
    whereabouts: Whereabouts = NOWHERE
    in_flight: InFlight | None = None
    """What the workers of the node have at endpoints; None where there is one alone."""
    poller: Poller = field(init=False)
    """All TCP connections of the data path; whoever opened some closes it."""

    def __post_init__(self) -> None:
        self.poller = Poller(self.loop)

    def unix_s(self) -> float:
        """Unix time, as discovery asks for it."""
        return self.clock.unix_s()
