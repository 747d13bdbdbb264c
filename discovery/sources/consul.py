"""Instances of a service in Consul, followed by blocking queries."""

from __future__ import annotations

from contextlib import aclosing

from config.resources.backend import ConsulSource
from config.resources.weir import ConsulAgent
from discovery.runtime import Runtime
from discovery.sources.blocking_query import BlockingQuery
from discovery.sources.consul_agents import ConsulAgents, Reply
from discovery.sources.consul_instances import Instances, read_instances
from discovery.sources.source import Publish, SourceFailed

FILTERED_BY_ACL = "X-Consul-Results-Filtered-By-ACLs"
"""Set since Consul 1.12 where the token hid something: then an empty answer says nothing about the service."""


class ConsulService:
    """One query of `/v1/health/service`, for all backends that ask the same."""

    kind = "consul"
    protected = True

    def __init__(self, query: ConsulSource, settings: ConsulAgent, agents: ConsulAgents, runtime: Runtime) -> None:
        self._query = BlockingQuery(
            f"consul service {query.service}",
            f"/v1/health/service/{query.service}",
            _params(query),
            _read,
            settings=settings,
            agents=agents,
            runtime=runtime,
            stale=query.stale,
        )
        self.tally = self._query.tally

    def refresh(self) -> None:
        """Ask the leader, without an index, in place of the query that runs."""
        self._query.refresh()

    async def run(self, publish: Publish) -> None:
        """Publish every good answer, until cancelled; after an error ask the next agent, after a pause."""
        async with aclosing(self._query.answers()) as answers:
            async for instances in answers:
                publish(instances)


def _params(query: ConsulSource) -> list[tuple[str, str]]:
    params = [("tag", tag) for tag in query.tags]
    named = {
        "dc": query.datacenter,
        "ns": query.namespace,
        "filter": query.filter,
        "near": query.near,
        "passing": "1" if query.only_passing else None,
    }
    return params + [(name, value) for name, value in named.items() if value]


def _read(reply: Reply) -> Instances:
    instances = read_instances(reply.body)
    if not instances.instances and reply.headers.get(FILTERED_BY_ACL) == "true":
        raise SourceFailed("denied", "the ACL token may not read the instances")
    return instances
