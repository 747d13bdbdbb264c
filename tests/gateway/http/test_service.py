"""The data path of one worker: reloads, drain, accounts."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from config.resources.weir import WeirSpec
from gateway.garbage import let_go
from gateway.http.service import DESCRIPTOR_RESERVE, DESCRIPTORS_PER_PORT, PEERS_KEPT
from gateway.telemetry import metrics
from tests.support.data_path import gateway
from tests.support.served import served
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


async def test_drain_lets_what_runs_finish_and_says_close() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        await asyncio.sleep(0.2)
        connection.send(respond(b"done"))
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        busy, idle = await weir.client(), await weir.client()
        busy.send(GET)
        await asyncio.sleep(0.05)
        draining = asyncio.create_task(weir.service.drain(5))
        assert await idle.rest() == b""
        _, fields, body = await busy.answer()
        assert (fields[b"connection"], body) == (b"close", b"done")
        assert await draining


async def test_what_a_drain_cuts_is_not_the_clients_doing() -> None:
    asked = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        asked.set()
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(GET)
        await asked.wait()
        assert not await weir.service.drain(0.05)
        await until(lambda: weir.answered("5xx") == 1)
        assert weir.count(metrics.CLIENT_GONE) == 0


async def test_a_retry_is_counted_when_the_request_goes_somewhere_again() -> None:
    async with gateway(None, dead_endpoints=1) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[0] == 502
        assert weir.count(metrics.RETRIES) == 0
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, dead_endpoints=1) as weir:
        client = await weir.client()
        for _ in range(4):
            assert (await client.ask(GET))[0] == 200
        assert weir.count(metrics.RETRIES) == weir.count(metrics.UPSTREAM_CONNECTIONS_FAILED) > 0


async def test_an_exchange_finishes_under_the_plan_that_it_began_with() -> None:
    go = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        await go.wait()
        connection.send(respond(b"old"))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(GET)
        await asyncio.sleep(0.05)
        weir.apply(rules=())
        go.set()
        assert (await client.answer())[2] == b"old"
        assert (await client.ask(GET))[0] == 404


async def test_lives_are_counted_down_to_zero() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        clients = [await weir.client() for _ in range(5)]
        for client in clients:
            assert (await client.ask(GET))[0] == 200
        assert weir.service.connection_count == 5
        for client in clients:
            client.close()
        await asyncio.sleep(0.05)
        assert weir.service.connection_count == 0
        assert all(state.active == 0 for state in weir.service.backends["d/b"].backend.view.states)


async def test_idle_connections_to_endpoints_give_way_before_file_descriptors_run_out() -> None:
    """Room for 8 besides the reserve: each client's connection counts for two, and idle ones may have the rest."""
    held = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        while True:
            await connection.head()
            if connection.number < 3:
                await held.wait()
            connection.send(respond())

    descriptors = DESCRIPTOR_RESERVE + DESCRIPTORS_PER_PORT + 8
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, descriptors=descriptors) as weir:
        room = weir.service.idle_room
        clients = [await weir.client() for _ in range(3)]
        for client in clients:
            client.send(GET)
        await until(lambda: endpoint.connections == 3)
        held.set()
        for client in clients:
            assert (await client.answer())[0] == 200
        # Three clients need six; of their three connections to the endpoint two may idle.
        assert (room.taken, room.limit) == (2, 2)
        fourth = await weir.client()
        assert (await fourth.ask(GET))[0] == 200
        assert (room.taken, room.limit) == (0, 0)
        for client in (fourth, *clients):
            client.close()
        await until(lambda: room.limit == 8)


async def test_addresses_of_clients_are_remembered_within_a_bound_and_until_a_reload() -> None:
    async with gateway(None) as weir:
        service = weir.service
        first = service.peer_of("192.0.2.1")
        assert service.peer_of("192.0.2.1") is first
        assert first.address == "192.0.2.1"
        weir.apply()
        assert service.peer_of("192.0.2.1") is not first
        again = service.peer_of("192.0.2.1")
        for number in range(PEERS_KEPT):
            service.peer_of(f"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}")
        assert service.peer_of("192.0.2.1") is not again


async def test_a_reload_leaves_backends_alone_whose_plan_and_settings_stay() -> None:
    async with gateway(None) as weir:
        service = weir.service
        (backend,) = service.backends.values()
        snapshot = replace(weir.snapshot, generation=2)
        before = backend.backend.view
        service.apply_snapshot(service.prepare(snapshot), {("", ""): metrics.PROCESS_SLOTS})
        assert backend.backend.view is before
        others = replace(snapshot, generation=3, process=WeirSpec.model_validate({"timeouts": {"connect": "3s"}}))
        service.apply_snapshot(service.prepare(others), {("", ""): metrics.PROCESS_SLOTS})
        assert backend.backend.view is not before
        assert backend.settings.connect_timeout_s == 3


async def test_what_a_reload_takes_the_place_of_can_be_let_go_at_once() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        service, client = weir.service, await weir.client()
        assert (await client.ask(GET))[0] == 200
        series = {("", ""): metrics.PROCESS_SLOTS}
        for generation in range(2, 4):
            prepared = service.prepare(replace(weir.snapshot, generation=generation))
            let_go(service.apply_snapshot(prepared, series))
            assert (await client.ask(GET))[0] == 200


ORDERS = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: weir
  listeners: [{name: http, port: 8080, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: all, namespace: shop}
spec:
  parentRefs: [{name: edge}]
  rules: [{backendRefs: [{group: weir.dev, kind: Backend, name: orders}]}]
---
apiVersion: weir.dev/v1
kind: Backend
metadata: {name: orders, namespace: shop}
spec: {static: {endpoints: []}}
"""
WATCHED = """\
apiVersion: weir.dev/v1
kind: BackendPolicy
metadata: {name: orders, namespace: shop}
spec:
  targetRefs: [{group: weir.dev, kind: Backend, name: orders}]
  outlierDetection: {failurePercent: 50}
"""


async def test_outcomes_are_counted_where_a_policy_watches() -> None:
    async with served(f"{ORDERS}---\n{WATCHED}") as weir:
        for _ in range(3):
            assert (await weir.ask()).status == 200
        assert [*weir.service.outcomes("shop/orders").values()] == [(3, 0)]
        assert weir.service.outcomes("shop/orders") == weir.service.outcomes("shop/other") == {}
        (state,) = weir.service.backends["shop/orders"].backend.view.states
        assert state.witness is not None
        weir.apply(ORDERS)
        await weir.ask()
        assert state.witness is None
        assert weir.service.outcomes("shop/orders") == {}


async def test_failure_to_connect_and_a_bad_answer_are_rows_of_their_own() -> None:
    async with gateway(None, dead_endpoints=1) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[0] == 502
        (state,) = next(iter(weir.service.backends.values())).backend.view.states
        assert (state.row_failures, state.row_5xx, state.faults) == (1, 0, 1)

    async def sick(connection: EndpointConnection) -> None:
        while True:
            await connection.head()
            connection.send(respond(b"", status=b"503 Sick"))

    async with ScriptedEndpoint(sick) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for _ in range(2):
            assert (await client.ask(GET))[0] == 503
        (state,) = next(iter(weir.service.backends.values())).backend.view.states
        assert (state.row_failures, state.row_5xx, state.row_gateway, state.faults) == (0, 2, 2, 2)
