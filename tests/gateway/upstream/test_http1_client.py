"""One connection to an endpoint, and what it makes of wrong answers."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.data_path import gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_a_broken_answer_before_its_head_is_502(answer: bytes) -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(answer)
        connection.close()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        status, fields, _ = await client.ask(GET)
        assert status == 502
        assert fields[b"server"] == b"weir"
        assert fields[b"content-type"] == b"application/problem+json"


@pytest.mark.parametrize(
    ("begin", "rest"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", b"7\r\nab"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", b"zz\r\n"),
    ],
)
async def test_a_broken_answer_after_its_head_cuts_the_connection(begin: bytes, rest: bytes) -> None:
    passed_on = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(begin)
        await passed_on.wait()
        connection.send(rest)
        await connection.writer.drain()
        connection.close()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(GET)
        assert (await client.head()).startswith(b"HTTP/1.1 200 OK")
        passed_on.set()
        assert b"0\r\n\r\n" not in await client.rest()


async def test_an_answer_that_is_broken_before_any_of_it_was_passed_on_is_a_502() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nzz\r\n")
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[0] == 502


async def test_a_second_answer_nobody_asked_for_costs_the_connection_only() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"first") + respond(b"second"))
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for _ in range(3):
            status, _, body = await client.ask(GET)
            assert (status, body) in ((200, b"first"), (502, body))
            assert b"second" not in body
        assert endpoint.connections == 3
