"""A defect of Weir's own reaches the loop's handler once, and the client an answer or a cut, never silence."""

from __future__ import annotations

import pytest

from gateway.http import exchange
from gateway.http.downstream import Downstream
from gateway.http.exchange import Exchange
from gateway.telemetry import metrics
from tests.support.data_path import BACKEND, Gateway, gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
UPGRADE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"


class Defect(Exception):
    """Stands for any mistake in the code."""


def fail(*_: object, **__: object) -> None:
    raise Defect


async def settled(weir: Gateway) -> None:
    """One defect was told of, and nothing is held any more."""
    await until(lambda: len(weir.defects) == 1)
    assert isinstance(weir.defects.pop(), Defect)
    await until(lambda: weir.service.connection_count == 0)
    assert all(state.active == 0 for state in weir.service.backends[BACKEND].backend.view.states)


async def test_one_before_the_answer_is_a_500(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        monkeypatch.setattr(exchange, "render_response", fail)
        client = await weir.client()
        assert (await client.ask(GET))[0] == 500
        client.close()
        await settled(weir)


async def test_one_in_the_account_of_an_exchange_cuts_the_client_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        monkeypatch.setattr(weir.service, "record", fail)
        client = await weir.client()
        client.send(GET)
        await client.rest()
        await settled(weir)


async def test_one_in_the_body_of_an_answer_cuts_the_client_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        await passed_on
        connection.send(b"abcdef")
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        passed_on = weir.service.runtime.loop.create_future()
        monkeypatch.setattr(Exchange, "_response_body", fail)
        client = await weir.client()
        client.send(GET)
        await client.head()
        passed_on.set_result(None)
        assert await client.rest() == b""
        await settled(weir)


async def test_one_on_the_clients_side_cuts_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        monkeypatch.setattr(exchange, "request_id", fail)
        client = await weir.client()
        client.send(GET)
        assert await client.rest() == b""
        await settled(weir)


async def test_one_in_a_timer_cuts_the_client_off(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {"timeouts": {"keepAlive": "200ms"}}
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, process=spec) as weir:
        monkeypatch.setattr(Downstream, "_phase_timed_out", fail)
        client = await weir.client()
        assert (await client.ask(GET))[0] == 200
        assert await client.rest() == b""
        await settled(weir)


async def test_one_in_a_tunnel_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
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
        monkeypatch.setattr(Downstream, "write", fail)
        client.send(b"echo")
        assert await client.rest() == b""
        client.close()
        await settled(weir)
        assert weir.count(metrics.TUNNELS_ACTIVE) == 0


async def test_one_costs_no_other_client_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(connection: EndpointConnection) -> None:
        while True:
            connection.send(respond((await connection.head()).split(b" ")[1]))

    def sometimes(self: Exchange, data: bytes) -> None:
        if data == b"/bad":
            raise Defect
        real(self, data)

    real = Exchange._response_body
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        monkeypatch.setattr(Exchange, "_response_body", sometimes)
        good, bad = await weir.client(), await weir.client()
        assert (await good.ask(GET))[2] == b"/x"
        bad.send(b"GET /bad HTTP/1.1\r\nHost: a\r\n\r\n")
        await bad.rest()
        assert (await good.ask(GET))[2] == b"/x"
        good.close()
        await settled(weir)
