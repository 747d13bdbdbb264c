"""The registration of `weir echo` in Consul: made, kept over a restart of the agent, and taken back."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from consul import Check, ConsulException, aio  # type: ignore[import-untyped]

from discovery.sources.consul_agents import AgentClient

CHECK_INTERVAL = "1s"
CHECK_TIMEOUT = "1s"
FORGET_AFTER = "1m"
"""`DeregisterCriticalServiceAfter`, for an instance that was killed; Consul takes no less."""

LOOK_INTERVAL_S = 5.0
RETRY_S = 1.0
TIMEOUT_S = 5.0
"""For each question to the agent."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class AgentURL:
    """Where a Consul agent is."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """`http://host:8500`, or `host:8500`. Raises ValueError for what is no such address."""
        url = urlsplit(text if "://" in text else f"http://{text}")
        if url.scheme not in ("http", "https") or not url.hostname or url.path not in ("", "/"):
            raise ValueError("not the address of a Consul agent, such as http://127.0.0.1:8500")
        return cls(url.scheme, url.hostname, url.port or 8500)


def own_address(agent: AgentURL) -> str:
    """The address of this machine on the way to the agent. Raises OSError where there is no way."""
    family, kind, protocol, _, address = socket.getaddrinfo(agent.host, agent.port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as sock:
        # Nothing is sent: connecting a datagram socket only picks the route.
        sock.connect(address)
        return str(sock.getsockname()[0])


class _Consul(aio.Consul):  # type: ignore[misc]
    """py-consul over the client of discovery: its own one uses what aiohttp has deprecated."""

    def http_connect(
        self,
        host: str,
        port: int,
        scheme: str,
        verify: bool | str = True,  # noqa: FBT001, FBT002 - py-consul's signature
        cert: object = None,
    ) -> AgentClient:
        return AgentClient(host, port, scheme, tls=None, server_name=None, connect_s=TIMEOUT_S)


class Registration:
    """One instance of `service` at `address` and `port`, with an HTTP check of `/healthz`."""

    def __init__(self, agent: AgentURL, service: str, address: str, port: int, tags: tuple[str, ...]) -> None:
        self._agent = agent
        self._service = service
        # Services on several machines may register with one agent.
        self._instance = f"{service}-{address}-{port}"
        self._address = address
        self._port = port
        self._tags = tags

    async def keep(self, say: Say) -> None:
        """Register, and again whenever the agent has forgotten it; until cancelled. Tells `say` what changes."""
        problem = ""
        async with self._client() as consul:
            while True:
                try:
                    if not await self._is_known(consul):
                        await self._register(consul)
                        say(f"registered {self._service} as {self._instance} at {self._address}:{self._port}")
                    problem = ""
                except (ConsulException, aiohttp.ClientError, TimeoutError, OSError) as error:
                    # Once per kind of trouble: an agent may be away for hours.
                    if str(error) != problem:
                        problem = str(error)
                        say(f"not registered, trying again: {problem or type(error).__name__}")
                await asyncio.sleep(RETRY_S if problem else LOOK_INTERVAL_S)

    async def end(self, say: Say) -> None:
        """Take the instance out; an agent that does not answer finds out by its check."""
        try:
            async with asyncio.timeout(TIMEOUT_S), self._client() as consul:
                await consul.agent.service.deregister(self._instance)
        except (ConsulException, aiohttp.ClientError, TimeoutError, OSError) as error:
            say(f"not deregistered: {error or type(error).__name__}")
        else:
            say(f"deregistered {self._instance}")

    def _client(self) -> _Consul:
        host = f"[{self._agent.host}]" if ":" in self._agent.host else self._agent.host
        return _Consul(host=host, port=self._agent.port, scheme=self._agent.scheme)

    async def _is_known(self, consul: _Consul) -> bool:
        # Not `service_definition`: py-consul sends no token with it.
        async with asyncio.timeout(TIMEOUT_S):
            return self._instance in await consul.agent.services()

    async def _register(self, consul: _Consul) -> None:
        host = f"[{self._address}]" if ":" in self._address else self._address
        url = f"http://{host}:{self._port}/healthz"
        async with asyncio.timeout(TIMEOUT_S):
            await consul.agent.service.register(
                self._service,
                service_id=self._instance,
                address=self._address,
                port=self._port,
                tags=list(self._tags),
                check=Check.http(url, CHECK_INTERVAL, timeout=CHECK_TIMEOUT, deregister=FORGET_AFTER),
            )
