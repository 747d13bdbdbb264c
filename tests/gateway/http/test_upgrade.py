"""Connections that became tunnels."""

from __future__ import annotations

from tests.support.data_path import gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


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
