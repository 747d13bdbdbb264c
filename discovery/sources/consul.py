"""Instances of a service in Consul, followed by blocking queries."""

from __future__ import annotations

from config.resources.backend import ConsulSource
from config.resources.weir import ConsulAgent
from discovery.runtime import Runtime
from discovery.sources.backoff import Backoff
from discovery.sources.blocking_index import BlockingIndex
from discovery.sources.consul_agents import ConsulAgents, Reply
from discovery.sources.consul_instances import Instances, read_instances
from discovery.sources.interruptible import Interrupted, Interruptible
from discovery.sources.source import Publish, SourceFailed, Tally

WAIT_JITTER = 0.1
"""Share by which waits are shortened at random, so that watches that began together do not renew together."""

SERVER_JITTER = 1.0 / 16.0
"""Share of the wait that Consul itself may add (its documentation of `wait`)."""

MIN_WAIT_S = 1.0
MAX_WAIT_S = 600.0
"""Consul cuts longer waits to ten minutes; the deadline on this side must know."""

FILTERED_BY_ACL = "X-Consul-Results-Filtered-By-ACLs"
"""Set since Consul 1.12 where the token hid something: then an empty answer says nothing about the service."""


class ConsulService:
    """One query of `/v1/health/service`, for all backends that ask the same."""

    kind = "consul"
    protected = True

    def __init__(self, query: ConsulSource, settings: ConsulAgent, agents: ConsulAgents, runtime: Runtime) -> None:
        self.tally = Tally(f"consul service {query.service}")
        self._query = query
        self._agents = agents
        self._runtime = runtime
        self._wait_s = min(MAX_WAIT_S, max(MIN_WAIT_S, settings.wait.seconds))
        self._timeout_s = settings.timeout.seconds
        self._max_stale_ms = settings.max_stale.seconds * 1000.0
        self._agent = 0
        self._index = BlockingIndex()
        self._waits = Interruptible()
        self._last: Instances | None = None

    def refresh(self) -> None:
        """Ask the leader, without an index, in place of the query that runs."""
        self._waits.interrupt()

    async def run(self, publish: Publish) -> None:
        """Publish every good answer, until cancelled; after an error ask the next agent, after a pause."""
        backoff = Backoff(self._runtime.random)
        authoritative = False
        while True:
            asked_at_s = self._runtime.loop.time()
            try:
                reply = await self._ask(authoritative=authoritative)
                if self._is_stale(reply) and not authoritative:
                    raise SourceFailed("stale", "the answer is too far behind the leader")
                index = _index_of(reply)
                instances = read_instances(reply.body)
                if not instances.instances and reply.headers.get(FILTERED_BY_ACL) == "true":
                    raise SourceFailed("denied", "the ACL token may not read the instances")
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
            changed = instances != self._last
            self._last = instances
            self.tally.index = index
            self.tally.succeeded()
            publish(instances)
            early = self._runtime.loop.time() - asked_at_s < self._wait_s * 0.5
            authoritative = await self._waits.sleep(self._index.pause_s(changed=changed, early=early))
            if authoritative:
                self._index.reset()

    async def _ask(self, *, authoritative: bool) -> Reply:
        """One question; raises SourceFailed or Interrupted."""
        params = self._params(authoritative=authoritative)
        limit_s = self._timeout_s
        if self._index.value:
            wait_s = self._wait_s * (1.0 - WAIT_JITTER * self._runtime.random.random())
            params += [("index", str(self._index.value)), ("wait", f"{int(wait_s * 1000)}ms")]
            limit_s += wait_s * (1.0 + SERVER_JITTER)
        self.tally.queries += 1
        try:
            path = f"/v1/health/service/{self._query.service}"
            return await self._waits.within(limit_s, self._agents.get(self._agent, path, params))
        except TimeoutError as error:
            raise SourceFailed("timeout", f"{self._agents.address(self._agent)} gave no answer in time") from error

    def _params(self, *, authoritative: bool) -> list[tuple[str, str]]:
        query = self._query
        params = [("tag", tag) for tag in query.tags]
        named = {
            "dc": query.datacenter,
            "ns": query.namespace,
            "filter": query.filter,
            "near": query.near,
            "passing": "1" if query.only_passing else None,
        }
        params += [(name, value) for name, value in named.items() if value]
        if authoritative:
            params.append(("consistent", ""))
        elif query.stale:
            params.append(("stale", ""))
        return params

    def _is_stale(self, reply: Reply) -> bool:
        """Whether the answer of a follower is older than permitted, or its server knows of no leader."""
        if not self._query.stale:
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
