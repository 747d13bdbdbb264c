"""A defect of Weir's own reaches the loop's handler once, and the client an answer or a cut, never silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from gateway.telemetry import metrics
from gateway.telemetry.access_log import AccessLog
from tests.support.data_path import BACKEND, Gateway, gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
UPGRADE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"


class Defect(Exception):
    """Stands for any mistake in the code."""


class Broken:
    """Stands in the place of `real`, which it is but for one method: that fails as long as `fails` holds for its
    arguments."""

    def __init__(self, real: object, method: str, fails: Callable[..., bool] = lambda *_: True) -> None:
        self._real = real
        self._method = method
        self._fails = fails

    def __getattr__(self, name: str) -> object:
        return self._call if name == self._method else getattr(self._real, name)

    def _call(self, *arguments: object) -> object:
        if self._fails(*arguments):
            raise Defect
        return getattr(self._real, self._method)(*arguments)


class BrokenLog(AccessLog):
    """Fails at each exchange."""

    def wants(self, status: int) -> bool:
        raise Defect


def break_transport(weir: Gateway, method: str, fails: Callable[..., bool] = lambda *_: True) -> None:
    """Of the one connection that a client has open."""
    connection = weir.connection()
    connection.transport = cast(asyncio.Transport, Broken(connection.transport, method, fails))


async def settled(weir: Gateway) -> None:
    """One defect was told of, and nothing is held any more."""
    await until(lambda: len(weir.defects) == 1)
    assert isinstance(weir.defects.pop(), Defect)
    await until(lambda: weir.service.connection_count == 0)
    assert all(state.active == 0 for state in weir.service.backends[BACKEND].backend.view.states)


async def test_one_before_the_answer_is_a_500() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        weir.clock.failing["unix_s"] = Defect()
        client = await weir.client()
        assert (await client.ask(GET))[0] == 500
        client.close()
        await settled(weir)


async def test_one_in_the_account_of_an_exchange_cuts_the_client_off() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        weir.service.access_log = BrokenLog.off()
        client = await weir.client()
        client.send(GET)
        await client.rest()
        await settled(weir)


async def test_one_in_the_body_of_an_answer_cuts_the_client_off() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        await passed_on
        connection.send(b"abcdef")
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        passed_on = weir.service.runtime.loop.create_future()
        client = await weir.client()
        client.send(GET)
        await client.head()
        break_transport(weir, "write")
        passed_on.set_result(None)
        assert await client.rest() == b""
        await settled(weir)


async def test_one_on_the_clients_side_cuts_it_off() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        await until(lambda: weir.service.connection_count == 1)
        weir.clock.failing["monotonic_ns"] = Defect()
        client.send(GET)
        assert await client.rest() == b""
        await settled(weir)


async def test_one_in_a_timer_cuts_the_client_off() -> None:
    spec = {"timeouts": {"keepAlive": "200ms"}}
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, process=spec) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[0] == 200
        break_transport(weir, "get_write_buffer_size")
        assert await client.rest() == b""
        await settled(weir)


async def test_one_in_a_tunnel_ends_it() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        connection.send(await connection.reader.read(100))
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(UPGRADE)
        await client.head()
        assert weir.count(metrics.TUNNELS_ACTIVE) == 1
        break_transport(weir, "write")
        client.send(b"echo")
        assert await client.rest() == b""
        client.close()
        await settled(weir)
        assert weir.count(metrics.TUNNELS_ACTIVE) == 0


async def test_one_costs_no_other_client_anything() -> None:
    async def script(connection: EndpointConnection) -> None:
        while True:
            connection.send(respond((await connection.head()).split(b" ")[1]))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        bad = await weir.client()
        assert (await bad.ask(GET))[2] == b"/x"
        break_transport(weir, "write", lambda data: b"/bad" in data)
        good = await weir.client()
        assert (await good.ask(GET))[2] == b"/x"
        bad.send(b"GET /bad HTTP/1.1\r\nHost: a\r\n\r\n")
        await bad.rest()
        assert (await good.ask(GET))[2] == b"/x"
        good.close()
        await settled(weir)
