"""What a backend asks of which source: equal questions share one watch."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.identity_memo import IdentityMemo
from config.resources.weir import ConsulAgent, WeirSpec
from config.snapshot import BackendPlan
from discovery.runtime import Runtime
from discovery.sources.endpoint_slice import EndpointSlices
from discovery.sources.source import Source
from discovery.sources.static import Static

if TYPE_CHECKING:
    from discovery.sources.consul_agents import ConsulAgents

OWN_ZONE = "WEIR_ZONE"
"""The environment variable with the zone that this gateway runs in."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`key` tells watches apart, `text` says what is asked (not of whom), `variant` how the answer is read."""

    key: str
    text: str
    variant: str = ""

    @property
    def whole(self) -> str:
        """The question with the way it is read: what a kept view must agree with."""
        return f"{self.text} {self.variant}"


def load_clients(plans: Iterable[BackendPlan]) -> None:
    """Import what the sources of `plans` are made with, for a thread.

    The clients of Consul and DNS take a tenth of a second each, which no start without them should wait for.
    """
    specs = [plan.spec for plan in plans]
    if any(spec.consul is not None for spec in specs):
        import discovery.sources.consul
    if any(spec.dns is not None for spec in specs):
        import discovery.sources.dns  # noqa: F401


class Sources:
    """Makes sources under the current process settings, and owns the clients that they share."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._process = WeirSpec()
        self._agents: ConsulAgents | None = None
        self._agents_key = ""
        self._unused: list[ConsulAgents] = []
        self._known: IdentityMemo[Asked] = IdentityMemo()
        """Of the sources that no setting of the process is part of; they may be long."""

    def configure(self, process: WeirSpec) -> None:
        """Take the settings for what is asked from now on. Other agents make other keys, so their watches restart."""
        self._process = process
        key = (process.consul or ConsulAgent()).model_dump_json()
        if key != self._agents_key:
            if self._agents is not None:
                self._unused.append(self._agents)
            self._agents = None
            self._agents_key = key

    def asked(self, plan: BackendPlan) -> Asked:
        """The question of a backend."""
        return self._known.get(plan) or self._ask(plan)

    def _ask(self, plan: BackendPlan) -> Asked:
        spec = plan.spec
        if spec.consul is not None:
            tags = tuple(sorted(spec.consul.tags))
            text = "consul " + spec.consul.model_copy(update={"tagged_address": None, "tags": tags}).model_dump_json(
                exclude_defaults=True
            )
            return Asked(f"{text} {self._agents_key}", text, spec.consul.tagged_address or "")
        if spec.dns is not None:
            text = f"dns {spec.dns.model_dump_json(exclude_defaults=True)}"
            discovery = self._process.discovery
            return Asked(f"{text} {','.join(discovery.dns_resolvers)} {discovery.dns_timeout}", text)
        if spec.endpoint_slice is not None:
            text = f"endpointSlice {plan.name} {spec.endpoint_slice.model_dump_json(exclude_defaults=True)}"
            key = text + "".join(part.model_dump_json(exclude_defaults=True) for part in plan.slices)
            return self._known.keep(plan, Asked(key, text))
        assert spec.static is not None, "the model demands one source"
        text = f"static {plan.name} {spec.static.model_dump_json(exclude_defaults=True)}"
        return self._known.keep(plan, Asked(text, f"static {plan.name}"))

    def make(self, plan: BackendPlan) -> Source:
        """A source for the question of a backend."""
        spec = plan.spec
        if spec.consul is not None:
            from discovery.sources.consul import ConsulService
            from discovery.sources.consul_agents import ConsulAgents

            settings = self._process.consul or ConsulAgent()
            if self._agents is None:
                self._agents = ConsulAgents(settings)
            return ConsulService(spec.consul, settings, self._agents, self._runtime)
        if spec.dns is not None:
            from discovery.sources.dns import DNSName

            return DNSName(spec.dns, self._process.discovery, self._runtime)
        if spec.endpoint_slice is not None:
            locality = plan.policy.locality
            zone = (locality.zone if locality else None) or os.environ.get(OWN_ZONE, "")
            return EndpointSlices(plan.slices, spec.endpoint_slice, zone)
        assert spec.static is not None, "the model demands one source"
        return Static(spec.static)

    def close_unused(self) -> None:
        """Let go of the clients to agents that no watch asks any more; their connections end with the watches."""
        for agents in self._unused:
            self._runtime.spawn(agents.close(), name="close consul clients")
        self._unused.clear()

    async def close(self) -> None:
        """Let go of all clients."""
        if self._agents is not None:
            await self._agents.close()
            self._agents = None
