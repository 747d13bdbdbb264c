"""A client's connection: pipelining, refusals, timeouts, half-close."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.data_path import gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


async def test_pipelined_requests_are_answered_in_order() -> None:
    async def script(connection: EndpointConnection) -> None:
        while True:
            head = await connection.head()
            connection.send(respond(head.split(b" ")[1]))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(200)))
        for number in range(200):
            assert (await client.answer())[2] == b"/%d" % number


async def test_client_half_close_still_gets_its_answer() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        await asyncio.sleep(0.05)
        connection.send(respond(b"late"))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(GET)
        client.writer.write_eof()
        assert (await client.answer())[2] == b"late"
        assert await client.rest() == b""


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 garbage \r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1_048_576 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
async def test_bad_messages_are_refused_and_the_connection_closed(data: bytes, status: int) -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(data)
        answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert b"connection: close" in answer
        assert b"proxy-status: weir; error=" in answer
        assert endpoint.connections == 0


async def test_a_bad_chunk_in_mid_body_is_400_and_the_endpoint_sees_no_end() -> None:
    endings: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        endings.append(await connection.reader.read())

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await asyncio.sleep(0.05)
        client.send(b"zz\r\n")
        assert (await client.rest()).startswith(b"HTTP/1.1 400 ")
        await asyncio.sleep(0.05)
    assert not any(b"0\r\n\r\n" in ending for ending in endings)


class Timeouts:
    """Each with the shortest time that the wheel resolves well."""

    SPEC = {"timeouts": {"head": "300ms", "bodyIdle": "300ms", "keepAlive": "300ms", "streamIdle": "600ms"}}


async def test_a_head_one_byte_at_a_time_times_out_with_408() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, process=Timeouts.SPEC) as weir:
        client = await weir.client()
        for byte in GET[:12]:
            client.send(bytes((byte,)))
            await asyncio.sleep(0.06)
        assert (await client.rest()).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_stops_times_out_with_408() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, process=Timeouts.SPEC) as weir:
        client = await weir.client()
        client.send(b"POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        whole = await client.rest()
        assert whole.startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 200 "))


async def test_an_idle_connection_is_closed_without_a_word() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, process=Timeouts.SPEC) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[0] == 200
        assert await client.rest() == b""
