"""Connections to one endpoint: reuse, age, queue."""

from __future__ import annotations

import asyncio

from tests.support.data_path import gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


async def test_reuses_connections_on_both_sides() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for _ in range(20):
            assert (await client.ask(GET))[0] == 200
        assert endpoint.connections == 1


async def test_an_idle_connection_that_the_endpoint_closed_is_not_used_again() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond())
        await connection.writer.drain()
        connection.close()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for _ in range(5):
            assert (await client.ask(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"))[0] == 200
            await asyncio.sleep(0.02)
