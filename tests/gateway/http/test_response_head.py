"""How answers are framed for each client."""

from __future__ import annotations

import asyncio

from tests.support.data_path import gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


async def test_answer_up_to_the_close_is_chunked_for_1_1_and_closed_for_1_0() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.0 200 OK\r\n\r\npart one, ")
        await asyncio.sleep(0.01)
        connection.send(b"part two")
        connection.close()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        modern = await weir.client()
        status, fields, body = await modern.ask(GET)
        assert (status, body) == (200, b"part one, part two")
        assert fields[b"transfer-encoding"] == b"chunked"
        old = await weir.client()
        old.send(b"GET / HTTP/1.0\r\n\r\n")
        whole = await old.rest()
    assert whole.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"transfer-encoding" not in whole
    assert whole.endswith(b"\r\n\r\npart one, part two")


async def test_head_and_bodiless_statuses_carry_no_body() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        await connection.head()
        connection.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        await connection.head()
        connection.send(b'HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: "a"\r\n\r\n')

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"Content-Length: 1000" in await client.head()
        client.send(GET)
        assert (await client.head()).startswith(b"HTTP/1.1 204")
        client.send(GET)
        assert b"ETag" in await client.head()
        assert endpoint.connections == 1
