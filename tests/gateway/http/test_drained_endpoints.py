"""Endpoints that leave: idle connections close at once, what runs has `drain.timeout`, then it is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from discovery.endpoint import Endpoint, EndpointSet
from gateway.telemetry import metrics
from tests.support.data_path import BACKEND, Gateway, gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi"
UPGRADE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
DRAIN_TIMEOUT_S = 30.0
"""The default."""
CUTS = {
    "waiting": metrics.DRAIN_CUT_WAITING,
    "unanswered": metrics.DRAIN_CUT_UNANSWERED,
    "answer": metrics.DRAIN_CUT_ANSWER,
    "tunnel": metrics.DRAIN_CUT_TUNNEL,
}


def show(weir: Gateway, *endpoints: Endpoint) -> None:
    """The backend has these and no other."""
    weir.service.apply_endpoints(EndpointSet(BACKEND, endpoints, "static", 0.0))


def at(port: int) -> Endpoint:
    return Endpoint(f"e-{port}", "127.0.0.1", port)


def leaves(weir: Gateway, endpoint: Endpoint) -> None:
    show(weir)


def drains(weir: Gateway, endpoint: Endpoint) -> None:
    show(weir, replace(endpoint, serving=False))


Going = Callable[[Gateway, Endpoint], None]


def cuts(weir: Gateway) -> dict[str, int]:
    return {what: count for what, slot in CUTS.items() if (count := weir.count(slot))}


class Held:
    """A script that sends `first` for each request, tells of it, and holds the rest back until `go`."""

    def __init__(self, first: bytes, rest: bytes) -> None:
        self.asked = asyncio.Event()
        self.go = asyncio.Event()
        self.closed = asyncio.Event()
        self._first, self._rest = first, rest

    async def __call__(self, connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(self._first)
        self.asked.set()
        ended = asyncio.ensure_future(connection.reader.read())
        ready = asyncio.ensure_future(self.go.wait())
        await asyncio.wait({ended, ready}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            connection.send(self._rest)
        await ended
        self.closed.set()


@pytest.mark.parametrize("going", [leaves, drains])
async def test_what_idles_is_closed_at_once_and_nothing_new_is_sent(going: Going) -> None:
    closed = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"one"))
        assert await connection.reader.read() == b""
        closed.set()

    async with ScriptedEndpoint(script) as endpoint, ScriptedEndpoint(answering) as other, gateway(None) as weir:
        old, new = at(endpoint.port), at(other.port)
        show(weir, old)
        client = await weir.client()
        assert (await client.ask(GET))[2] == b"one"
        going(weir, old)
        await asyncio.wait_for(closed.wait(), 10)
        assert (await client.ask(GET))[0] == 503
        show(weir, replace(old, serving=False), new)
        assert (await client.ask(GET))[0] == 200
        assert (endpoint.connections, other.connections, cuts(weir)) == (1, 1, {})


@pytest.mark.parametrize("going", [leaves, drains])
async def test_what_runs_has_the_time_of_the_drain_to_finish(going: Going) -> None:
    held = Held(b"", respond(b"done"))
    async with ScriptedEndpoint(held) as endpoint, gateway(None) as weir:
        show(weir, at(endpoint.port))
        client = await weir.client()
        client.send(GET)
        await held.asked.wait()
        going(weir, at(endpoint.port))
        weir.clock.ahead_s += DRAIN_TIMEOUT_S - 5
        # Told again of what it knows, it does not begin to count anew.
        going(weir, at(endpoint.port))
        held.go.set()
        assert (await client.answer())[2] == b"done"
        await asyncio.wait_for(held.closed.wait(), 10)
        assert cuts(weir) == {}


@pytest.mark.parametrize("going", [leaves, drains])
async def test_after_it_who_has_no_answer_yet_gets_503_and_may_ask_on(going: Going) -> None:
    held = Held(b"", b"")
    async with ScriptedEndpoint(held) as endpoint, ScriptedEndpoint(answering) as other, gateway(None) as weir:
        show(weir, at(endpoint.port))
        client = await weir.client()
        client.send(POST)
        await held.asked.wait()
        going(weir, at(endpoint.port))
        weir.clock.ahead_s += DRAIN_TIMEOUT_S + 1
        status, fields, _ = await client.answer()
        assert (status, fields[b"proxy-status"]) == (503, b"weir; error=destination_unavailable")
        await asyncio.wait_for(held.closed.wait(), 10)
        assert cuts(weir) == {"unanswered": 1}
        show(weir, at(other.port))
        assert (await client.ask(GET))[0] == 200


async def test_a_request_that_may_be_retried_goes_to_another_endpoint() -> None:
    held = Held(b"", b"")
    async with ScriptedEndpoint(held) as endpoint, ScriptedEndpoint(answering) as other, gateway(None) as weir:
        weir.apply(policy={"retry": {"on": ["reset"], "attempts": 1}, "targetRefs": []})
        show(weir, at(endpoint.port))
        client = await weir.client()
        client.send(GET)
        await held.asked.wait()
        show(weir, at(other.port))
        weir.clock.ahead_s += DRAIN_TIMEOUT_S + 1
        assert (await client.answer())[0] == 200
        assert (cuts(weir), other.connections) == ({"unanswered": 1}, 1)


async def test_an_answer_that_streams_is_cut_so_that_the_client_sees_it() -> None:
    held = Held(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n", b"")
    async with ScriptedEndpoint(held) as endpoint, gateway(None) as weir:
        show(weir, at(endpoint.port))
        client = await weir.client()
        client.send(GET)
        assert (await client.head()).startswith(b"HTTP/1.1 200")
        drains(weir, at(endpoint.port))
        weir.clock.ahead_s += DRAIN_TIMEOUT_S + 1
        rest = await client.rest()
        assert rest.startswith(b"3\r\none\r\n") and b"0\r\n\r\n" not in rest
        await asyncio.wait_for(held.closed.wait(), 10)
        assert cuts(weir) == {"answer": 1}


async def test_a_tunnel_is_closed_on_both_sides_and_gets_what_was_sent_before() -> None:
    heard: list[bytes] = []
    closed = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(SWITCHED + b"hello")
        heard.append(await connection.reader.read())
        closed.set()

    async with ScriptedEndpoint(script) as endpoint, gateway(None) as weir:
        show(weir, at(endpoint.port))
        client = await weir.client()
        client.send(UPGRADE)
        assert (await client.head()).startswith(b"HTTP/1.1 101")
        client.send(b"x" * 300_000)
        await until(lambda: weir.count(metrics.TUNNELS_ACTIVE) == 1)
        drains(weir, at(endpoint.port))
        client.send(b"last")
        assert await client.reader.readexactly(5) == b"hello"
        (exchange,) = [connection.exchange for connection in weir.service.listeners[weir.key].connections]
        await until(lambda: exchange is not None and exchange.body_bytes == 300_004)
        weir.clock.ahead_s += DRAIN_TIMEOUT_S + 1
        assert await client.rest() == b""
        await asyncio.wait_for(closed.wait(), 10)
        assert heard == [b"x" * 300_000 + b"last"]
        assert (cuts(weir), weir.count(metrics.TUNNELS_ACTIVE)) == ({"tunnel": 1}, 0)


@pytest.mark.parametrize("going", [leaves, drains])
async def test_nothing_is_cut_where_the_endpoint_comes_back(going: Going) -> None:
    held = Held(b"", respond(b"done"))
    async with ScriptedEndpoint(held) as endpoint, gateway(None) as weir:
        show(weir, at(endpoint.port))
        client = await weir.client()
        client.send(GET)
        await held.asked.wait()
        going(weir, at(endpoint.port))
        show(weir, at(endpoint.port))
        weir.clock.ahead_s += DRAIN_TIMEOUT_S + 1
        ticked = weir.service.wheel.tick
        await until(lambda: weir.service.wheel.tick > ticked)
        held.go.set()
        assert (await client.answer())[2] == b"done"
        assert cuts(weir) == {}
        assert weir.service.describe()["pools"] == {
            BACKEND: {f"127.0.0.1:{endpoint.port}": {"idle": 1, "inUse": 0, "connecting": 0, "waiting": 0}}
        }


async def test_a_reload_does_not_bring_back_an_endpoint_that_drains() -> None:
    held = Held(b"", respond(b"done"))
    async with ScriptedEndpoint(held) as endpoint, gateway(None) as weir:
        show(weir, at(endpoint.port))
        client = await weir.client()
        client.send(GET)
        await held.asked.wait()
        drains(weir, at(endpoint.port))
        weir.apply()
        held.go.set()
        assert (await client.answer())[2] == b"done"
        await asyncio.wait_for(held.closed.wait(), 10)


async def test_the_policy_of_the_backend_says_how_long() -> None:
    held = Held(b"", b"")
    async with ScriptedEndpoint(held) as endpoint, gateway(None) as weir:
        text = f"""
apiVersion: weir.dev/v1
kind: Backend
metadata: {{name: b}}
spec: {{static: {{endpoints: [{{address: 127.0.0.1, port: {endpoint.port}}}]}}}}
---
apiVersion: weir.dev/v1
kind: BackendPolicy
metadata: {{name: p}}
spec:
  targetRefs: [{{group: weir.dev, kind: Backend, name: b}}]
  drain: {{timeout: 2s}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: r}}
spec:
  parentRefs: [{{name: edge}}]
  rules: [{{backendRefs: [{{group: weir.dev, kind: Backend, name: b, port: {endpoint.port}}}]}}]
"""
        await weir.load(text)
        client = await weir.client()
        client.send(GET)
        await held.asked.wait()
        weir.service.apply_endpoints(EndpointSet("default/b", (), "static", 0.0))
        weir.clock.ahead_s += 3
        assert (await client.answer())[0] == 503


async def test_a_backend_that_leaves_the_configuration_drains_too() -> None:
    held = Held(b"", b"")
    async with ScriptedEndpoint(held) as endpoint, gateway(None) as weir:
        show(weir, at(endpoint.port))
        client = await weir.client()
        client.send(GET)
        await held.asked.wait()
        bare = replace(weir.snapshot, backends={}, generation=99)
        weir.service.apply_snapshot(weir.service.prepare(bare), {("", ""): metrics.PROCESS_SLOTS})
        weir.clock.ahead_s += DRAIN_TIMEOUT_S + 1
        assert (await client.answer())[0] == 503
        assert cuts(weir) == {"unanswered": 1}
