"""Connections that became tunnels."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from config.snapshot import Match, PathMatch
from gateway.telemetry import metrics
from tests.support.data_path import gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering


async def test_upgrade_becomes_a_tunnel_with_half_close() -> None:
    async def script(connection: EndpointConnection) -> None:
        head = (await connection.head()).lower()
        assert b"connection: upgrade" in head and b"upgrade: echo" in head
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly ")
        while data := await connection.reader.read(65536):
            connection.send(data)
        connection.send(b" bye")
        await connection.writer.drain()
        connection.close()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        assert (await client.head()).startswith(b"HTTP/1.1 101")
        client.send(b"one")
        assert await client.reader.readexactly(9) == b"early one"
        client.send(b"x" * 1_000_000)
        await client.reader.readexactly(1_000_000)
        client.writer.write_eof()
        assert await client.rest() == b" bye"


async def test_connect_is_refused_unless_routed() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        status, _, _ = await client.ask(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n")
        assert status in (404, 405)
        assert endpoint.connections == 0


async def test_connect_becomes_a_tunnel_where_a_route_names_it() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        heads.append(await connection.head())
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.send(await connection.reader.readexactly(5))
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        rule = replace(weir.rule(), matches=(Match(PathMatch("PathPrefix", "/"), method="CONNECT"),))
        weir.apply((rule,))
        client = await weir.client()
        client.send(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n")
        assert (await client.head()).startswith(b"HTTP/1.1 200 OK\r\n")
        client.send(b"hello")
        assert await client.reader.readexactly(5) == b"hello"
        client.writer.write_eof()
        assert await client.rest() == b""
        assert heads[0].startswith(b"CONNECT a.example:443 HTTP/1.1\r\n")
        assert weir.count(metrics.TUNNELS_ACTIVE) == 0


async def switching(connection: EndpointConnection) -> None:
    await connection.head()
    connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")


@pytest.mark.parametrize(
    ("field", "counter"), [("streamIdle", metrics.TIMEOUT_STREAM_IDLE), ("writeStall", metrics.TIMEOUT_WRITE_STALL)]
)
async def test_a_tunnel_that_stands_still_or_whose_endpoint_takes_nothing_ends(field: str, counter: int) -> None:
    ended = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await switching(connection)
        if field == "writeStall":
            connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await ended.wait()

    spec = {"timeouts": {field: "300ms"}}
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, process=spec) as weir:
        client = await weir.client()
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        await client.head()
        if field == "writeStall":
            client.send(b"x" * 30_000_000)
        await until(lambda: weir.count(counter) == 1)
        await until(lambda: weir.count(metrics.TUNNELS_ACTIVE) == 0)
        assert weir.service.buffered_bytes == 0
        ended.set()


async def test_an_upgrade_that_the_endpoint_does_not_take_is_a_plain_answer() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for _ in range(2):
            answer = await client.ask(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
            assert (answer[0], answer[2]) == (200, b"ok")
        assert endpoint.connections == 1


async def test_a_client_that_reads_its_tunnel_slowly_pauses_the_endpoint() -> None:
    sent = 0

    async def script(connection: EndpointConnection) -> None:
        nonlocal sent
        await switching(connection)
        while True:
            connection.send(b"x" * 65536)
            await connection.writer.drain()
            sent += 65536

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        await until(lambda: weir.service.buffered_bytes > 0)
        assert weir.connection().transport.get_write_buffer_size() < 1 << 20
        before = 0
        while before != sent:
            before = sent
            await asyncio.sleep(0.1)
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await client.head()
        await client.reader.readexactly(sent + 65536)
