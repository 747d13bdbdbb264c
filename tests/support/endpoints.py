"""Endpoints, plans and a runtime for tests of discovery."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence

from config.resources.backend import BackendSpec
from config.resources.backend_policy import BackendPolicySpec
from config.snapshot import BackendPlan
from discovery.endpoint import Endpoint, EndpointSet
from discovery.lease import EndpointState
from discovery.sources.source import Answer


def endpoint(number: int, weight: int = 1, *, serving: bool = True, address: str = "127.0.0.1") -> Endpoint:
    """Endpoint `e<number>` on port 9000 + number."""
    return Endpoint(f"e{number}", address, 9000 + number, weight, serving=serving)


def endpoints(weights: Sequence[int]) -> tuple[Endpoint, ...]:
    """One endpoint per weight, numbered from 0."""
    return tuple(endpoint(number, weight) for number, weight in enumerate(weights))


def endpoint_set(members: Sequence[Endpoint], backend: str = "shop/orders") -> EndpointSet:
    """A set as a static source would publish it."""
    return EndpointSet(backend, tuple(members), "static", 1000.0)


def states(weights: Sequence[int]) -> tuple[EndpointState, ...]:
    """The states of `endpoints(weights)`."""
    return tuple(EndpointState(member) for member in endpoints(weights))


def plan(
    spec: Mapping[str, object] | None = None, policy: Mapping[str, object] | None = None, name: str = "shop/orders"
) -> BackendPlan:
    """A backend as an operator would write it; without `spec`, a static one without endpoints."""
    return BackendPlan(
        name,
        BackendSpec.model_validate(spec or {"static": {"endpoints": []}}),
        BackendPolicySpec.model_validate(policy or {}),
    )


def chi_square(counts: Sequence[int], weights: Sequence[int]) -> float:
    """Pearson's statistic of `counts` against shares in proportion to `weights`."""
    picks, total = sum(counts), sum(weights)
    expected = [picks * weight / total for weight in weights]
    return sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))


class DiscoveryRuntime:
    """A runtime over the running loop, seeded; `close` cancels what was spawned and gives back its failures."""

    def __init__(self, seed: int = 1) -> None:
        self.loop = asyncio.get_running_loop()
        self.random = random.Random(seed)
        self.unix_s: Callable[[], float] = time.time
        self.tasks: set[asyncio.Task[object]] = set()

    def spawn(self, work: Coroutine[object, object, object], *, name: str) -> asyncio.Task[object]:
        """Start a task and remember it."""
        task = self.loop.create_task(work, name=name)
        self.tasks.add(task)
        return task

    async def close(self) -> None:
        """End every task. Raises what one of them failed with."""
        for task in self.tasks:
            task.cancel()
        for result in await asyncio.gather(*self.tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


class Collected:
    """Takes answers or sets, and waits for the one that is asked for."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self._news = asyncio.Event()

    def __call__(self, answer: Answer) -> None:
        """Be a `Publish`."""
        self.answers.append(answer)
        self._news.set()

    def ids(self) -> list[str]:
        """Ids of the last answer, sorted; none where there is no answer."""
        return sorted(member.id for member in self.answers[-1].endpoints("")) if self.answers else []

    async def until(self, holds: Callable[[], bool], limit_s: float = 10.0) -> None:
        """Wait for answers until `holds`. Raises TimeoutError."""
        async with asyncio.timeout(limit_s):
            while not holds():
                self._news.clear()
                await self._news.wait()
