"""The contract that every source keeps, and the tally."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from config.resources.backend import ConsulSource, DNSSource, EndpointSliceSource, StaticSource
from config.resources.endpoint_slice import EndpointSlice
from config.resources.weir import ConsulAgent as AgentSettings
from config.resources.weir import Discovery
from discovery.runtime import Runtime
from discovery.sources.consul import ConsulService
from discovery.sources.consul_agents import ConsulAgents
from discovery.sources.dns import DNSName
from discovery.sources.endpoint_slice import EndpointSlices
from discovery.sources.source import Endpoints, Source, SourceFailed, Tally
from discovery.sources.static import Static
from tests.support.dns_responder import DNSResponder
from tests.support.endpoints import Collected, DiscoveryRuntime, endpoints
from tests.support.scripted_consul import ScriptedConsul, answer, instance

Make = Callable[[Runtime], AbstractAsyncContextManager[Source]]


@asynccontextmanager
async def static(runtime: Runtime) -> AsyncIterator[Source]:
    """One endpoint written out."""
    yield Static(StaticSource.model_validate({"endpoints": [{"address": "127.0.0.1", "port": 9000}]}))


@asynccontextmanager
async def slices(runtime: Runtime) -> AsyncIterator[Source]:
    """One endpoint of a slice."""
    told = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "orders-1"},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["127.0.0.1"]}],
        "ports": [{"port": 9000}],
    }
    yield EndpointSlices([EndpointSlice.model_validate(told)], EndpointSliceSource(service="orders"), "")


@asynccontextmanager
async def names(runtime: Runtime) -> AsyncIterator[Source]:
    """One address of a name."""
    async with DNSResponder() as responder:
        responder.set("orders.test", "A", "127.0.0.1")
        settings = Discovery.model_validate({"dnsResolvers": [responder.address]})
        yield DNSName(DNSSource.model_validate({"name": "orders.test", "port": 9000}), settings, runtime)


@asynccontextmanager
async def consul(runtime: Runtime) -> AsyncIterator[Source]:
    """One instance of a service; every question after the first is held until it is interrupted."""
    async with ScriptedConsul(answer([instance("a")], 5), *[answer([instance("a")], 5)] * 9) as server:
        settings = AgentSettings.model_validate({"addresses": [server.address]})
        agents = ConsulAgents(settings)
        yield ConsulService(ConsulSource(service="orders"), settings, agents, runtime)
        await agents.close()


every_source = pytest.mark.parametrize("make", [static, slices, names, consul])


@every_source
async def test_source_publishes_its_endpoints_and_counts_them(make: Make) -> None:
    runtime, got = DiscoveryRuntime(), Collected()
    async with make(runtime) as source:
        runtime.spawn(source.run(got), name="source")
        await got.until(lambda: bool(got.answers))
        (found,) = got.answers[0].endpoints("")
        assert (found.address, found.port, found.serving) == ("127.0.0.1", 9000, True)
        assert got.answers[0].endpoints("a place that nobody has") == (found,)
        assert source.tally.answers >= 1
        assert source.tally.errors == {}
        await runtime.close()


@every_source
async def test_refresh_answers_again_where_an_answer_may_be_wrong(make: Make) -> None:
    runtime, got = DiscoveryRuntime(), Collected()
    async with make(runtime) as source:
        source.refresh()
        runtime.spawn(source.run(got), name="source")
        await got.until(lambda: bool(got.answers))
        if source.protected:
            count = len(got.answers)
            source.refresh()
            await got.until(lambda: len(got.answers) > count)
        await runtime.close()


@every_source
async def test_source_ends_when_it_is_cancelled(make: Make) -> None:
    runtime, got = DiscoveryRuntime(), Collected()
    async with make(runtime) as source:
        task = runtime.spawn(source.run(got), name="source")
        await got.until(lambda: bool(got.answers))
        task.cancel()
        await asyncio.wait([task], timeout=5.0)
        assert task.done()
        await runtime.close()


def test_first_error_of_a_row_is_logged_and_the_end_of_the_row(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    tally = Tally("consul service orders")
    for _ in range(3):
        tally.failed(SourceFailed("connect", "refused"))
    tally.failed(SourceFailed("timeout", "no answer"))
    tally.succeeded()
    tally.succeeded()
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "INFO"]
    assert tally.errors == {"connect": 3, "timeout": 1}
    assert (tally.answers, tally.last_error) == (2, "")


def test_endpoints_are_the_same_for_everyone() -> None:
    members = endpoints([1, 2])
    assert Endpoints(members).endpoints("wan") == members
