"""The limits that all gateways share, as one worker counts them: by what it has leased, else by asking the store.

Requests of one key that come while it is asked wait for that answer. A store that fails is left alone for a moment,
which grows up to two seconds, so that no request waits for a store that is known to be gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from hashlib import blake2b
from typing import Protocol

from config.resources.weir import RedisServer
from gateway.hot.ledger import Ledger
from gateway.rate_limits.question import Charge, StoreFailure, Take
from gateway.runtime import Runtime
from gateway.telemetry import metrics
from policies.rate_limit.leases import Leases
from policies.rate_limit.meter import Reading
from policies.rate_limit.shared_meter import Grant, SharedMeter, StoreAnswer, StoreQuestion

log = logging.getLogger("weir.limits")

FIRST_PAUSE_NS = 50_000_000
LONGEST_PAUSE_NS = 2_000_000_000
ASKED_AT_ONCE = 1024
"""Questions that wait for a pipeline: more are answered as if the store had failed."""


class Store(Protocol):
    """See `gateway.rate_limits.redis_store`, whose failures are StoreFailure."""

    async def ask(self, questions: list[Take | Charge], /) -> list[Grant]: ...
    async def close(self) -> None: ...


MakeStore = Callable[[RedisServer], Store]
"""Raises StoreFailure where it cannot be made."""
Batch = list[tuple[Take | Charge, asyncio.Future[Grant | None] | None]]
"""Questions, and who waits for the answer."""


class SharedCounters:
    """Asks the store that `make` makes of the Redis of the configuration."""

    def __init__(self, runtime: Runtime, ledger: Ledger, make: MakeStore) -> None:
        self._runtime = runtime
        self._ledger = ledger
        self._make = make
        self._spec: RedisServer | None = None
        self._store: Store | None = None
        self._leases = Leases()
        self._asked: dict[bytes, asyncio.Future[None]] = {}
        self._waiting: Batch = []
        self._flights = 0
        self._pause_ns = 0
        self._not_before_ns = 0

    def configure(self, spec: RedisServer | None) -> None:
        """The Redis of the configuration in force; leases are kept."""
        if spec == self._spec:
            return
        self._spec = spec
        old, self._store = self._store, None
        self._pause_ns = self._not_before_ns = 0
        if old is not None:
            self._runtime.spawn(old.close(), name="close the store of limits")

    async def close(self) -> None:
        """Let go of the store."""
        old, self._store = self._store, None
        self._spec = None
        if old is not None:
            await old.close()

    def take(self, parts: bytes, cost: int) -> Reading | None:
        """By what is leased; None where the store must be asked."""
        return self._leases.take(_key(parts), cost, self._now_ns())

    def give_back(self, parts: bytes, cost: int) -> None:
        """A charge is undone: the next request of this worker has it."""
        self._leases.give_back(_key(parts), cost)

    def charge(self, meter: SharedMeter, parts: bytes, cost: int) -> None:
        """Count a cost that is known now. Nobody waits for it; where the store is gone it is not counted."""
        if cost > 0 and len(self._waiting) < ASKED_AT_ONCE:
            self._enqueue(Charge(meter, _key(parts), cost), None)

    async def answer(self, question: StoreQuestion) -> StoreAnswer:
        """For a request whose limit had to be asked for."""
        return StoreAnswer(question, await self._reading(question.meter, _key(question.parts), question.cost))

    async def _reading(self, meter: SharedMeter, key: bytes, cost: int) -> Reading | None:
        while True:
            asked = self._asked.get(key)
            if asked is not None:
                await asyncio.shield(asked)
                reading = self._leases.take(key, cost, self._now_ns())
                if reading is not None:
                    return reading
                if key in self._asked:
                    continue
            return await self._ask(meter, key, cost)

    async def _ask(self, meter: SharedMeter, key: bytes, cost: int) -> Reading | None:
        wanted = self._leases.wanted(meter, key, cost, self._now_ns())
        if not self._reachable() or len(self._waiting) >= ASKED_AT_ONCE:
            return None
        loop = self._runtime.loop
        done = self._asked[key] = loop.create_future()
        told: asyncio.Future[Grant | None] = loop.create_future()
        try:
            self._enqueue(Take(meter, key, wanted, cost), told)
            grant = await told
        finally:
            del self._asked[key]
            done.set_result(None)
        if grant is None:
            return None
        now_ns = self._now_ns()
        self._leases.granted(meter, key, wanted, grant, now_ns)
        if grant.granted:
            self._leases.give_back(key, -cost)
        wait_ns = grant.wait_ns
        return Reading(grant.granted > 0, wait_ns, grant.remaining, grant.reset_ns, now_ns)

    def _reachable(self) -> bool:
        return self._spec is not None and self._now_ns() >= self._not_before_ns

    def _enqueue(self, question: Take | Charge, told: asyncio.Future[Grant | None] | None) -> None:
        self._waiting.append((question, told))
        if len(self._waiting) == 1:
            self._runtime.loop.call_soon(self._flush)

    def _flush(self) -> None:
        if self._spec is None:
            lost, self._waiting = self._waiting, []
            _tell_failure(lost)
            return
        if not self._waiting or self._flights >= self._spec.connections:
            return
        batch, self._waiting = self._waiting, []
        self._flights += 1
        self._runtime.spawn(self._ask_store(batch), name="ask the store of limits")

    async def _ask_store(self, batch: Batch) -> None:
        try:
            grants = await self._grants([question for question, _ in batch])
        finally:
            self._flights -= 1
            if self._waiting:
                self._runtime.loop.call_soon(self._flush)
        if grants is None:
            _tell_failure(batch)
            return
        for (_, told), grant in zip(batch, grants, strict=True):
            if told is not None and not told.done():
                told.set_result(grant)

    async def _grants(self, questions: list[Take | Charge]) -> list[Grant] | None:
        """What the store says, None where it fails."""
        self._ledger.add(metrics.RATE_LIMIT_STORE_QUESTIONS, len(questions))
        try:
            if self._store is None:
                if self._spec is None:
                    return None
                self._store = self._make(self._spec)
            grants = await self._store.ask(questions)
        except StoreFailure as error:
            self._ledger.add(metrics.RATE_LIMIT_STORE_FAILURES)
            if not self._pause_ns:
                log.error("the store of shared limits does not answer: %s", error)
            self._pause_ns = min(max(2 * self._pause_ns, FIRST_PAUSE_NS), LONGEST_PAUSE_NS)
            self._not_before_ns = self._now_ns() + self._pause_ns
            return None
        if self._pause_ns:
            log.warning("the store of shared limits answers again")
            self._pause_ns = 0
        return grants

    def _now_ns(self) -> int:
        return self._runtime.clock.monotonic_ns()


def _tell_failure(batch: Batch) -> None:
    for _, told in batch:
        if told is not None and not told.done():
            told.set_result(None)


def _key(parts: bytes) -> bytes:
    """The same on all gateways."""
    return blake2b(parts, digest_size=16).digest()
