"""Active checks: asks each endpoint of a backend again and again, from the one process of the node that does so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from config.resources.backend_policy import HealthCheck
from discovery.endpoint import Endpoint
from discovery.health.probes import Probe, ProbeFailed
from discovery.runtime import Runtime

log = logging.getLogger("weir.health")

LATE_S = 0.25
"""A timeout that fires later than this is due to this process being held up, and says nothing of the endpoint."""

FLOOR_S = 0.01
"""Between two questions to an endpoint, whatever is configured: a probe that fails at once must not become a spin."""

OnResult = Callable[[Endpoint, ProbeFailed | None], bool]
"""Gets each result, None for a good one, and says whether the endpoint is judged by now."""


class Room:
    """So many may ask at once, and the others wait for their turn."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._free = asyncio.Semaphore(limit)
        self.waits = 0
        """How often somebody had to wait."""

    def configure(self, limit: int) -> None:
        """Take another bound, for those who come from now on."""
        if limit != self._limit:
            self._limit = limit
            self._free = asyncio.Semaphore(limit)

    def enter(self) -> asyncio.Semaphore:
        """What to hold while asking."""
        self.waits += self._free.locked()
        return self._free


class ActiveChecks:
    """The checks of one backend: at most one question to an endpoint is under way at any time."""

    def __init__(self, check: HealthCheck, probe: Probe, room: Room, runtime: Runtime, on_result: OnResult) -> None:
        self._check = check
        self._probe = probe
        self._room = room
        self._runtime = runtime
        self._on_result = on_result
        self._timeout_s = check.timeout.seconds
        self._tasks: dict[str, tuple[Endpoint, asyncio.Task[object]]] = {}

    def follow(self, endpoints: Sequence[Endpoint]) -> None:
        """Ask exactly these from now on: a new one, or one that has moved, at once; the others in their rhythm."""
        present = {endpoint.id: endpoint for endpoint in endpoints}
        for identity, (known, task) in tuple(self._tasks.items()):
            endpoint = present.get(identity)
            if endpoint is None or (endpoint.address, endpoint.port) != (known.address, known.port):
                task.cancel()
                del self._tasks[identity]
        for identity, endpoint in present.items():
            if identity not in self._tasks:
                task = self._runtime.spawn(self._keep_asking(endpoint), name=f"check {endpoint.address}")
                self._tasks[identity] = endpoint, task

    async def close(self) -> None:
        """Ask no more, and let go of what the questions held."""
        tasks = [task for _, task in self._tasks.values()]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._probe.close()

    async def _keep_asking(self, endpoint: Endpoint) -> None:
        loop, random = self._runtime.loop, self._runtime.random
        # All endpoints of all backends come up at the same moment, at a start: spread, as their repeats are.
        await asyncio.sleep(random.random() * self._check.jitter * self._check.fast_interval.seconds)
        while True:
            async with self._room.enter():
                began_s = loop.time()
                judged = await self._ask_once(endpoint)
            pause_s = pause_s_of(self._check, judged=judged, draw=random.random())
            await asyncio.sleep(max(FLOOR_S, began_s + pause_s - loop.time()))

    async def _ask_once(self, endpoint: Endpoint) -> bool:
        loop = self._runtime.loop
        due_s = loop.time() + self._timeout_s
        failure: ProbeFailed | None = None
        try:
            async with asyncio.timeout_at(due_s):
                await self._probe.ask(endpoint, self._check.port or endpoint.port)
        except TimeoutError:
            late = loop.time() > due_s + LATE_S
            failure = ProbeFailed("local" if late else "timeout", f"no answer within {self._check.timeout}")
        except ProbeFailed as error:
            failure = error
        except Exception as error:
            # A defect of Weir's own: the endpoint must go on being checked.
            log.exception("a check of %s:%d could not be made", endpoint.address, endpoint.port)
            failure = ProbeFailed("protocol", f"internal error: {error}")
        return self._on_result(endpoint, failure)


def pause_s_of(check: HealthCheck, *, judged: bool, draw: float) -> float:
    """Seconds from the beginning of one question to that of the next; `draw` is of 0..1, evenly.

    It varies by `jitter` to both sides, so that gateways that started together do not ask together for ever.
    """
    interval_s = check.interval.seconds if judged else min(check.interval.seconds, check.fast_interval.seconds)
    return interval_s * (1.0 + check.jitter * (2.0 * draw - 1.0))
