"""`circuitBreaker` of a BackendPolicy, from YAML to the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from discovery.endpoint import Endpoint, EndpointSet
from gateway.telemetry import metrics
from tests.support.as_written import ROUTE, serve
from tests.support.data_path import BACKEND, Gateway, gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
BACKEND_POLICY = """\
---
apiVersion: weir.dev/v1
kind: BackendPolicy
metadata: {{name: b, namespace: d}}
spec:
  targetRefs: [{{group: weir.dev, kind: Backend, name: b}}]
  circuitBreaker: {{{0}}}
"""
RETRYING = """\
---
apiVersion: weir.dev/v1
kind: TrafficPolicy
metadata: {name: p, namespace: d}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: all}]
  retry: {on: [5xx], attempts: 9, backoff: {base: 10s, max: 10s}, budget: {percent: 100, minPerSecond: 99}}
"""


class Service:
    """Endpoints that answer `status`, or wait for `go` where there is one."""

    def __init__(self) -> None:
        self.status = 500
        self.go: asyncio.Event | None = None
        self.asked: list[int] = []

    def endpoint(self, number: int) -> ScriptedEndpoint:
        async def script(connection: EndpointConnection) -> None:
            while True:
                await connection.head()
                self.asked.append(number)
                if self.go is not None:
                    await self.go.wait()
                connection.send(respond(b"ok", status=b"%d X" % (self.status if number == 0 else 200)))

        return ScriptedEndpoint(script)


@asynccontextmanager
async def broken(breaker: str, *, endpoints: int = 1, more: str = "") -> AsyncIterator[tuple[Gateway, Service]]:
    """A gateway before endpoints of which the first answers as the service says and the others 200."""
    service = Service()
    async with AsyncExitStack() as stack:
        found = [await stack.enter_async_context(service.endpoint(number)) for number in range(endpoints)]
        weir = await stack.enter_async_context(gateway(None))
        serve(weir, ROUTE + BACKEND_POLICY.format(breaker) + more)
        places = tuple(Endpoint(f"e{number}", "127.0.0.1", each.port) for number, each in enumerate(found))
        weir.service.apply_endpoints(EndpointSet(BACKEND, places, "static", 0.0))
        yield weir, service


FAILURES = "failures: {threshold: 3, openFor: 5s, halfOpenRequests: 1}"


async def test_after_so_many_failures_requests_fail_fast_and_then_one_tries() -> None:
    async with broken(FAILURES) as (weir, service):
        client = await weir.client()
        for _ in range(3):
            assert (await client.ask(GET))[0] == 500
        found, fields, _ = await client.ask(GET)
        assert (found, fields[b"retry-after"]) == (503, b"5")
        assert fields[b"proxy-status"] == b"weir; error=destination_unavailable"
        assert len(service.asked) == 3
        assert weir.count(metrics.BREAKER_REFUSALS) == weir.count(metrics.BREAKERS_OPEN) == 1
        weir.clock.ahead_s += 5.0
        service.status = 200
        assert (await client.ask(GET))[0] == 200
        assert weir.count(metrics.BREAKERS_OPEN) == 0
        assert (await client.ask(GET))[0] == 200


async def test_a_probe_that_fails_keeps_it_open() -> None:
    async with broken(FAILURES) as (weir, service):
        client = await weir.client()
        for _ in range(3):
            await client.ask(GET)
        weir.clock.ahead_s += 5.0
        assert [(await client.ask(GET))[0] for _ in range(3)] == [500, 503, 503]
        assert len(service.asked) == 4


async def test_a_probe_whose_client_leaves_makes_room_for_another() -> None:
    async with broken(FAILURES) as (weir, service):
        client = await weir.client()
        for _ in range(3):
            await client.ask(GET)
        weir.clock.ahead_s += 5.0
        service.status, service.go = 200, asyncio.Event()
        leaving = await weir.client()
        leaving.send(GET)
        await until(lambda: len(service.asked) == 4)
        assert (await client.ask(GET))[0] == 503
        leaving.reset()
        await until(lambda: weir.service.connection_count == 1)
        service.go.set()
        assert (await client.ask(GET))[0] == 200


async def test_an_answer_that_is_too_slow_is_a_failure() -> None:
    async with broken("failures: {threshold: 1, slowAfter: 2s}") as (weir, service):
        service.status, service.go = 200, asyncio.Event()
        client = await weir.client()
        client.send(GET)
        await until(lambda: len(service.asked) == 1)
        weir.clock.ahead_s += 2.5
        service.go.set()
        assert (await client.answer())[0] == 200
        assert (await client.ask(GET))[0] == 503


async def test_a_4xx_is_no_failure() -> None:
    async with broken("failures: {threshold: 1}") as (weir, service):
        service.status = 404
        client = await weir.client()
        assert [(await client.ask(GET))[0] for _ in range(4)] == [404] * 4


async def test_per_endpoint_the_others_take_the_requests() -> None:
    async with broken("failures: {threshold: 2, ratio: 0, per: Endpoint}", endpoints=3) as (weir, service):
        client = await weir.client()
        for _ in range(30):
            await client.ask(GET)
        assert service.asked.count(0) == 2
        assert weir.count(metrics.BREAKER_REFUSALS) == 0


async def test_an_answer_is_given_in_the_place_of_the_backend() -> None:
    fallback = "fallback: {response: {status: 200, body: soon}}"
    async with broken(f"failures: {{threshold: 1}}, {fallback}") as (weir, _):
        client = await weir.client()
        assert (await client.ask(GET))[0] == 500
        assert (await client.ask(GET))[0::2] == (200, b"soon")


async def test_a_reload_keeps_an_open_breaker_unless_its_policy_changed() -> None:
    async with broken(FAILURES) as (weir, _):
        client = await weir.client()
        for _ in range(3):
            await client.ask(GET)
        serve(weir, ROUTE + BACKEND_POLICY.format(FAILURES))
        assert (await client.ask(GET))[0] == 503
        serve(weir, ROUTE + BACKEND_POLICY.format("failures: {threshold: 4}"))
        assert (await client.ask(GET))[0] == 500
        assert weir.count(metrics.BREAKERS_OPEN) == 0


async def test_requests_over_the_bound_are_turned_away() -> None:
    async with broken("maxRequests: 2") as (weir, service):
        service.status, service.go = 200, asyncio.Event()
        clients = [await weir.client() for _ in range(2)]
        for client in clients:
            client.send(GET)
        await until(lambda: len(service.asked) == 2)
        third = await weir.client()
        found, fields, _ = await third.ask(GET)
        assert (found, b"retry-after" in fields) == (503, True)
        assert weir.count(metrics.LIMIT_REQUESTS) == 1
        service.go.set()
        assert [(await client.answer())[0] for client in clients] == [200, 200]
        assert (await third.ask(GET))[0] == 200
        assert weir.service.backends[BACKEND].share.requests == 0


async def test_connections_over_the_bound_wait_and_more_than_may_wait_are_turned_away() -> None:
    async with broken("maxConnections: 1, maxPendingRequests: 1") as (weir, service):
        service.status, service.go = 200, asyncio.Event()
        clients = [await weir.client() for _ in range(2)]
        clients[0].send(GET)
        await until(lambda: len(service.asked) == 1)
        clients[1].send(GET)
        await until(lambda: weir.service.backends[BACKEND].share.pending == 1)
        assert (await (await weir.client()).ask(GET))[0] == 503
        assert weir.count(metrics.LIMIT_PENDING) == 1
        service.go.set()
        assert [(await client.answer())[0] for client in clients] == [200, 200]


async def test_retries_over_the_bound_are_not_made() -> None:
    async with broken("maxRetries: 1", more=RETRYING) as (weir, service):
        waiting, other = await weir.client(), await weir.client()
        waiting.send(GET)
        share = weir.service.backends[BACKEND].share
        await until(lambda: share.retries == 1)
        assert (await other.ask(GET))[0] == 500
        assert weir.count(metrics.LIMIT_RETRIES) == 1
        waiting.reset()
        await until(lambda: share.retries == 0)
        assert share.requests == 0
        assert len(service.asked) == 2


@pytest.mark.parametrize(("bound", "workers", "each"), [(10, 4, 3), (1, 4, 1), (0, 4, 0)])
async def test_each_worker_holds_its_share(bound: int, workers: int, each: int) -> None:
    async with gateway(None) as weir:
        weir.service.workers = workers
        serve(weir, ROUTE + BACKEND_POLICY.format(f"maxRetries: {bound}"))
        assert weir.service.backends[BACKEND].share.max_retries == each
