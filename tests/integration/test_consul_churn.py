"""No request is lost while the instances of a service come and go in a real Consul, a thousand times over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.consul_agent import ConsulAgent
from tests.support.fleet import FleetEndpoint
from tests.support.load import Load
from tests.support.weir_process import WeirProcess, consul_backend, route_to

BACKEND = "default/orders"
ROLLERS = 10
RELEASES = 100
"""Per roller: a thousand registrations and a thousand deregistrations in all."""


class Views:
    """What the admin API shows of the backend, asked again and again for all who wait for a change."""

    def __init__(self, weir: WeirProcess) -> None:
        self._weir = weir
        self._changed = asyncio.Condition()
        self._ports: set[int] = set()

    async def watch(self) -> None:
        while True:
            ports = {port for _, port in await asyncio.to_thread(self._weir.endpoints, BACKEND)}
            async with self._changed:
                self._ports = ports
                self._changed.notify_all()
            await asyncio.sleep(0.01)

    async def until(self, holds: Callable[[set[int]], bool]) -> None:
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: holds(self._ports))


def behind_consul(folder: Path, agent: ConsulAgent, **process: object) -> WeirProcess:
    """Two workers before the instances of `orders`."""
    spec = {"consul": {"addresses": [agent.address]}, **process}
    return WeirProcess(folder, consul_backend("orders", "orders"), route_to("orders"), workers=2, process=spec)


async def join(agent: ConsulAgent, endpoint: FleetEndpoint) -> FleetEndpoint:
    """Start an endpoint, then register it."""
    await endpoint.start()
    await asyncio.to_thread(agent.register, "orders", endpoint.port)
    return endpoint


async def leave(agent: ConsulAgent, views: Views, endpoint: FleetEndpoint) -> None:
    """Deregister, serve on until that was seen, then end in order."""
    await asyncio.to_thread(agent.deregister, f"orders-{endpoint.port}")
    await views.until(lambda ports: endpoint.port not in ports)
    await endpoint.leave()


async def roll(agent: ConsulAgent, views: Views, number: int) -> int:
    """Replace one instance by the next, `RELEASES` times; how many of them were asked."""
    current = await join(agent, FleetEndpoint(f"{number}-0"))
    # The one that follows may be asked before the first is, which then would leave unasked.
    await asyncio.wait_for(current.asked.wait(), 20)
    asked = 0
    for release in range(1, RELEASES + 1):
        following = FleetEndpoint(f"{number}-{release}")
        if release < RELEASES:
            await join(agent, following)
            await views.until(lambda ports, port=following.port: port in ports)  # type: ignore[misc]
            await asyncio.wait_for(following.asked.wait(), 20)
        await leave(agent, views, current)
        asked += current.requests > 0
        current = following
    return asked


@pytest.mark.slow
async def test_a_thousand_instances_come_and_go_and_no_request_is_lost(
    consul_agent: ConsulAgent, tmp_path: Path
) -> None:
    """Each of 1,000 instances is registered, gets traffic, is deregistered and leaves once that was seen."""
    async with FleetEndpoint("stays") as stays:
        await asyncio.to_thread(consul_agent.register, "orders", stays.port)
        with behind_consul(tmp_path, consul_agent) as weir:
            views = Views(weir)
            watching = asyncio.create_task(views.watch())
            async with Load(weir.port) as load:
                asked = await asyncio.gather(*(roll(consul_agent, views, number) for number in range(ROLLERS)))
                await load.stop()
            watching.cancel()
            assert load.failures == [], load.report()
            assert sum(asked) == ROLLERS * RELEASES
            assert len(load.answered_by) == ROLLERS * RELEASES + 1
            assert weir.endpoints(BACKEND) == {("127.0.0.1", stays.port)}
            assert weir.metric("weir_requests_total", code="5xx") == 0


async def test_an_endpoint_that_died_without_a_word_is_passed_over_while_others_live(
    consul_agent: ConsulAgent, tmp_path: Path
) -> None:
    """Consul still shows it, every connection to it is refused, and each request goes to one of the others."""
    async with FleetEndpoint("one") as one, FleetEndpoint("two") as two, FleetEndpoint("dead") as dead:
        for endpoint in (one, two, dead):
            await asyncio.to_thread(consul_agent.register, "orders", endpoint.port)
        dead.die()
        with behind_consul(tmp_path, consul_agent) as weir:
            await weir.until(lambda: len(weir.endpoints(BACKEND)) == 3)
            async with Load(weir.port) as load:
                await load.more(500)
                await load.stop()
            assert load.failures == [], load.report()
            assert set(load.answered_by) == {"one", "two"}
            assert await asyncio.to_thread(weir.metric, "weir_upstream_connect_failures_total") > 0


async def test_a_backend_of_dead_endpoints_alone_answers_502_and_serves_again_when_one_comes_back(
    consul_agent: ConsulAgent, tmp_path: Path
) -> None:
    async with FleetEndpoint("gone") as endpoint:
        await asyncio.to_thread(consul_agent.register, "orders", endpoint.port)
        endpoint.die()
        with behind_consul(tmp_path, consul_agent) as weir:
            async with Load(weir.port, clients=1) as load:
                await load.more(5)
                assert {failure.what.split(";")[0] for failure in load.failures} == {"status 502 weir"}
                await endpoint.start()
                before = len(load.failures)
                await load.more(20)
                await load.stop()
            assert len(load.failures) <= before + 1
            assert load.answered_by["gone"] > 0
