"""Counters of limits that all gateways share, in the test's own loop, with a store that a test commands."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from config.resources.weir import RedisServer
from gateway.clock import Clock
from gateway.hot.ledger import Ledger
from gateway.rate_limits.question import Charge, StoreFailure, Take
from gateway.rate_limits.shared_counters import SharedCounters, Store
from gateway.runtime import Runtime
from policies.rate_limit.shared_meter import Grant


class CommandedStore:
    """Grants from `units`, as long as it does not fail; `asked` has the questions of each pipeline."""

    def __init__(self, units: int = 0) -> None:
        self.units = units
        self.failing = False
        self.asked: list[list[Take | Charge]] = []
        self.closed = False

    async def ask(self, questions: list[Take | Charge]) -> list[Grant]:
        self.asked.append(list(questions))
        await asyncio.sleep(0)
        if self.failing:
            raise StoreFailure("commanded")
        return [self._grant(question) for question in questions]

    def _grant(self, question: Take | Charge) -> Grant:
        if isinstance(question, Charge):
            self.units -= question.cost
            return Grant(question.cost, 0, max(self.units, 0), 10**9)
        granted = min(question.wanted, self.units) if self.units >= question.cost else 0
        if not question.meter.deferred:
            self.units -= granted
        return Grant(granted, 0 if granted else 500_000_000, max(self.units, 0), 10**9)

    async def close(self) -> None:
        self.closed = True


def counters(clock: Clock, store: Store, ledger: Ledger | None = None) -> SharedCounters:
    """Those of one worker, configured."""
    made = unshared(clock, store, ledger)
    made.configure(RedisServer())
    return made


def unshared(clock: Clock, store: Store | None = None, ledger: Ledger | None = None) -> SharedCounters:
    """Those of a worker whose configuration has no Redis."""
    loop = asyncio.get_running_loop()
    runtime = Runtime(loop, _spawn, clock)
    return SharedCounters(runtime, ledger or Ledger.private(), lambda _: store or CommandedStore())


def _spawn(work: Coroutine[object, object, object], *, name: str) -> asyncio.Task[object]:
    return asyncio.get_running_loop().create_task(work, name=name)
