"""Lanes on the wire: a request keeps to its lane through a chain of services, as far as they pass baggage on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.policy_world import compile_condition
from tests.support.data_path import Gateway, gateway
from tests.support.weir_process import Spec, WeirProcess, resource
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond
from tools.running import free_ports

GATEWAY_API = "gateway.networking.k8s.io/v1"
BETA = {"name": "lane", "value": "canary", "when": '"x-beta" in request.headers'}
NEXT = {"front": "orders", "orders": "stock", "stock": ""}
"""Who asks whom."""


@dataclass
class Chain:
    """Three services behind one gateway, each asking the next through it; `forgetful` ones do not pass baggage on."""

    port: int = 0
    forgetful: str = ""

    def handler(self, service: str, lane: str) -> Callable[[EndpointConnection], object]:
        """Answers with its name and lane, and what the next one said."""

        async def handle(connection: EndpointConnection) -> None:
            while True:
                head = await connection.head()
                said = f"{service}:{lane}"
                if NEXT[service]:
                    kept = [line for line in head.decode().split("\r\n") if line.lower().startswith("baggage:")]
                    said += f" {await self.ask(NEXT[service], *([] if service == self.forgetful else kept))}"
                connection.send(respond(said.encode()))

        return handle

    async def ask(self, service: str, *lines: str) -> str:
        """What `service` answers, or the status."""
        client = await RawClient.connect(self.port)
        try:
            head = "\r\n".join(["GET / HTTP/1.1", f"Host: {service}.example", *lines, "", ""])
            status, _, body = await client.ask(head.encode())
        finally:
            client.close()
        return body.decode() if status == 200 else str(status)

    @asynccontextmanager
    async def endpoints(self) -> AsyncIterator[dict[str, list[Spec]]]:
        """By service: `front` has no canary."""
        async with AsyncExitStack() as stack:
            found: dict[str, list[Spec]] = {}
            for service in NEXT:
                for lane in ("base", "canary") if service != "front" else ("base",):
                    made = await stack.enter_async_context(ScriptedEndpoint(self.handler(service, lane)))  # type: ignore[arg-type]
                    tags = {"lane": lane} if lane != "base" else {}
                    found.setdefault(service, []).append({"address": "127.0.0.1", "port": made.port, "tags": tags})
            yield found


def resources(endpoints: Mapping[str, list[Spec]], fallback: str = "Baseline") -> list[dict[str, object]]:
    """Each service with its host; those behind the first believe its tags."""
    made = []
    for service, members in endpoints.items():
        target = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": service}
        refs = [{"group": "weir.dev", "kind": "Backend", "name": service}]
        route = {
            "parentRefs": [{"name": "edge"}],
            "hostnames": [f"{service}.example"],
            "rules": [{"backendRefs": refs}],
        }
        marks = {"tags": [BETA]} if service == "front" else {"trustTagsFrom": ["127.0.0.0/8"]}
        policy = {"targetRefs": [target], "lane": {"fallback": fallback}, **marks}
        made += [
            resource("Backend", service, {"static": {"endpoints": members}}),
            resource("HTTPRoute", service, route, GATEWAY_API),
            resource("TrafficPolicy", service, policy),
        ]
    return made


@pytest.mark.slow
async def test_a_chain_of_three_services_keeps_to_the_lane(tmp_path: Path) -> None:
    chain = Chain()
    async with chain.endpoints() as endpoints:
        weir = WeirProcess(tmp_path, *resources(endpoints))
        try:
            await asyncio.to_thread(lambda: weir.start().wait_ready())
            chain.port = weir.port
            for _ in range(4):
                # `front` has no canary: its baseline serves, and what it asks for is in the lane all the same.
                assert await chain.ask("front", "X-Beta: 1") == "front:base orders:canary stock:canary"
                assert await chain.ask("front") == "front:base orders:base stock:base"
            # Nobody enters a lane by saying so where nobody believes it.
            claim = await chain.ask("front", "Baggage: weir.lane=canary")
            assert claim == "front:base orders:base stock:base"
            # A service that does not pass baggage on ends the lane there.
            chain.forgetful = "orders"
            assert await chain.ask("front", "X-Beta: 1") == "front:base orders:canary stock:base"
        finally:
            await asyncio.to_thread(weir.close)


async def load(weir: Gateway, *made: Mapping[str, object]) -> None:
    """Serve these resources."""
    await weir.load("\n---\n".join(json.dumps(each) for each in made))


CANARY = "Baggage: weir.lane=canary"


@pytest.mark.parametrize(("fallback", "said"), [("Baseline", "stock:base"), ("Any", "stock:base"), ("None", "503")])
async def test_a_lane_with_no_endpoint_anywhere_falls_back(fallback: str, said: str) -> None:
    chain = Chain()
    async with chain.endpoints() as endpoints, gateway(None, condition=compile_condition) as weir:
        chain.port = weir.port
        await load(weir, *resources({"stock": endpoints["stock"][:1]}, fallback))
        assert await chain.ask("stock", CANARY) == said


@pytest.mark.parametrize(("fallback", "said"), [("Baseline", "stock:base"), ("Any", "stock:base"), ("None", "502")])
async def test_a_lane_whose_last_endpoint_fails_falls_back(fallback: str, said: str) -> None:
    chain = Chain()
    (closed,) = free_ports(1)
    dead = {"address": "127.0.0.1", "port": closed, "tags": {"lane": "canary"}}
    async with chain.endpoints() as endpoints, gateway(None, condition=compile_condition) as weir:
        chain.port = weir.port
        await load(weir, *resources({"stock": [endpoints["stock"][0], dead]}, fallback))
        for _ in range(3):
            assert await chain.ask("stock", CANARY) == said
            assert await chain.ask("stock") == "stock:base"


async def test_the_subset_of_a_backend_needs_no_policy_of_the_route() -> None:
    chain = Chain()
    async with chain.endpoints() as endpoints, gateway(None, condition=compile_condition) as weir:
        chain.port = weir.port
        backend, route, policy = resources({"stock": endpoints["stock"]})
        target = [{"group": "weir.dev", "kind": "Backend", "name": "stock"}]
        subset = resource("BackendPolicy", "stock", {"targetRefs": target, "subset": {"tags": ["lane"]}})
        await load(weir, backend, route, subset)
        for _ in range(4):
            assert await chain.ask("stock", CANARY) == "stock:base"
        spec = policy["spec"]
        assert isinstance(spec, dict)
        del spec["lane"]
        await load(weir, backend, route, subset, policy)
        for _ in range(4):
            assert await chain.ask("stock", CANARY) == "stock:canary"
            assert await chain.ask("stock") == "stock:base"
