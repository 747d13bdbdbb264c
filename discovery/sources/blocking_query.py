"""One blocking query that is asked for ever: of the next agent after an error, of the leader where it is in doubt.

Source: Consul's documentation, "Blocking Queries" and "Consistency Modes".
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from typing import Generic, TypeVar

from config.resources.weir import ConsulAgent
from discovery.runtime import Runtime
from discovery.sources.backoff import Backoff
from discovery.sources.blocking_index import BlockingIndex
from discovery.sources.consul_agents import OK, ConsulAgents, Reply
from discovery.sources.interruptible import Interrupted, Interruptible
from discovery.sources.source import SourceFailed, Tally

T = TypeVar("T")

WAIT_JITTER = 0.1
"""Share by which waits are shortened at random, so that watches that began together do not renew together."""

SERVER_JITTER = 1.0 / 16.0
"""Share of the wait that Consul itself may add (its documentation of `wait`)."""

MIN_WAIT_S = 1.0
MAX_WAIT_S = 600.0
"""Consul cuts longer waits to ten minutes; the deadline on this side must know."""


class BlockingQuery(Generic[T]):
    """The question `path?params`, whose good answers `read` turns into values.

    `read` raises SourceFailed for an answer that is not to be believed. `stale` permits the answers of followers within
    the bound of the settings; `allowed` are the statuses that are answers.
    """

    def __init__(
        self,
        name: str,
        path: str,
        params: Sequence[tuple[str, str]],
        read: Callable[[Reply], T],
        *,
        settings: ConsulAgent,
        agents: ConsulAgents,
        runtime: Runtime,
        stale: bool = False,
        allowed: Collection[int] = OK,
    ) -> None:
        self.tally = Tally(name)
        self._path = path
        self._fixed_params = tuple(params)
        self._read = read
        self._agents = agents
        self._runtime = runtime
        self._wait_s = min(MAX_WAIT_S, max(MIN_WAIT_S, settings.wait.seconds))
        self._timeout_s = settings.timeout.seconds
        self._max_stale_ms = settings.max_stale.seconds * 1000.0
        self._stale = stale
        self._allowed = allowed
        self._agent = 0
        self._index = BlockingIndex()
        self._waits = Interruptible()
        self._last: T | None = None

    def refresh(self) -> None:
        """Ask the leader, without an index, in place of the query that runs or that comes next."""
        self._waits.interrupt()

    async def answers(self) -> AsyncGenerator[T, None]:
        """Every good answer, until cancelled; after an error the next agent is asked, after a pause."""
        backoff = Backoff(self._runtime.random)
        authoritative = False
        while True:
            asked_at_s = self._runtime.loop.time()
            try:
                reply = await self._ask(authoritative=authoritative)
                if self._is_stale(reply) and not authoritative:
                    raise SourceFailed("stale", "the answer is too far behind the leader")
                index = _index_of(reply)
                value = self._read(reply)
            except Interrupted:
                self._index.reset()
                authoritative = True
                continue
            except SourceFailed as error:
                self._index.reset()
                if error.reason == "stale":
                    self.tally.errors["stale"] += 1
                    authoritative = True
                    continue
                self.tally.failed(error)
                authoritative = False
                self._agent += 1
                # Each agent gets one try before the first pause of a round is taken.
                if self._agent % len(self._agents) == 0:
                    authoritative = await self._waits.sleep(backoff.next_s())
                continue
            backoff.reset()
            if not self._index.advance(index):
                authoritative = True
                continue
            authoritative = False
            changed = value != self._last
            self._last = value
            self.tally.index = index
            self.tally.succeeded()
            yield value
            early = self._runtime.loop.time() - asked_at_s < self._wait_s * 0.5
            authoritative = await self._waits.sleep(self._index.pause_s(changed=changed, early=early))
            if authoritative:
                self._index.reset()

    async def _ask(self, *, authoritative: bool) -> Reply:
        """One question; raises SourceFailed or Interrupted."""
        params = list(self._fixed_params)
        if authoritative:
            params.append(("consistent", ""))
        elif self._stale:
            params.append(("stale", ""))
        limit_s = self._timeout_s
        if self._index.value:
            wait_s = self._wait_s * (1.0 - WAIT_JITTER * self._runtime.random.random())
            params += [("index", str(self._index.value)), ("wait", f"{int(wait_s * 1000)}ms")]
            limit_s += wait_s * (1.0 + SERVER_JITTER)
        self.tally.queries += 1
        try:
            answer = self._agents.get(self._agent, self._path, params, allowed=self._allowed)
            return await self._waits.within(limit_s, answer)
        except TimeoutError as error:
            raise SourceFailed("timeout", f"{self._agents.address(self._agent)} gave no answer in time") from error

    def _is_stale(self, reply: Reply) -> bool:
        """Whether the answer of a follower is older than permitted, or its server knows of no leader."""
        if not self._stale:
            return False
        try:
            behind_ms = int(reply.headers.get("X-Consul-LastContact", "0"))
        except ValueError:
            return True
        return behind_ms > self._max_stale_ms or reply.headers.get("X-Consul-KnownLeader", "true") == "false"


def _index_of(reply: Reply) -> int:
    text = reply.headers.get("X-Consul-Index", "")
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise SourceFailed("no_index", f"X-Consul-Index is {text[:40]!r}")
    return int(text)
