"""A client's connection: pipelining, refusals, timeouts, half-close."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from gateway.http import downstream
from gateway.telemetry import metrics
from tests.support.data_path import gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
READ_BYTES = 512 << 10
"""More than the loop hands on by one read."""


async def feed(client: RawClient, data: bytes) -> None:
    """Send it as fast as it is taken."""
    for start in range(0, len(data), 65536):
        client.send(data[start : start + 65536])
        await client.writer.drain()


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


async def test_pipelined_requests_are_answered_after_a_half_close() -> None:
    async def script(connection: EndpointConnection) -> None:
        while True:
            connection.send(respond((await connection.head()).split(b" ")[1]))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(3)))
        client.writer.write_eof()
        answers = [await client.answer() for _ in range(3)]
        assert [body for _, _, body in answers] == [b"/0", b"/1", b"/2"]
        assert answers[2][1][b"connection"] == b"close"
        assert await client.rest() == b""


async def test_a_client_that_floods_and_reads_nothing_is_held_back() -> None:
    count = 50_000
    async with gateway(None) as weir:
        weir.apply(rules=())
        client = await weir.client()
        transport = cast(asyncio.Transport, client.writer.transport)
        transport.pause_reading()
        feeding = asyncio.create_task(feed(client, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * count))
        await until(lambda: weir.service.connection_count == 1)
        await until(lambda: weir.connection().write_paused)
        connection = weir.connection()
        for _ in range(20):
            await asyncio.sleep(0)
        assert connection.codec.buffered < READ_BYTES + (64 << 10)
        assert connection.transport.get_write_buffer_size() < 256 << 10
        transport.resume_reading()
        for _ in range(count):
            assert (await client.head()).startswith(b"HTTP/1.1 404 ")
            await client.reader.readuntil(b"}")
        await feeding


async def test_what_waits_behind_a_request_is_bounded_however_many_are_answered() -> None:
    count = 60_000
    most = 0

    async def script(connection: EndpointConnection) -> None:
        nonlocal most
        while True:
            await connection.head()
            most = max(most, weir.connection().codec.buffered)
            connection.send(respond())

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        feeding = asyncio.create_task(feed(client, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * count))
        for _ in range(2000):
            await client.answer()
        assert 0 < most < READ_BYTES + (64 << 10)
        assert weir.count(metrics.LIMIT_PIPELINE) > 0
        feeding.cancel()


async def test_requests_past_the_pipelined_depth_are_left_in_the_socket_and_counted() -> None:
    go = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        while True:
            path = (await connection.head()).split(b" ")[1]
            await go.wait()
            connection.send(respond(path))

    spec = {"limits": {"pipelinedRequests": 3}}
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, process=spec) as weir:
        client = await weir.client()
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(4)))
        await until(lambda: endpoint.connections == 1)
        assert weir.count(metrics.LIMIT_PIPELINED) == 0
        client.send(b"GET /4 HTTP/1.1\r\nHost: a\r\n\r\n")
        await until(lambda: weir.count(metrics.LIMIT_PIPELINED) == 1)
        client.send(b"GET /5 HTTP/1.1\r\nHost: a\r\n\r\n")
        go.set()
        assert [(await client.answer())[2] for _ in range(6)] == [b"/%d" % number for number in range(6)]


@pytest.mark.parametrize(
    ("request_", "lingers"),
    [
        (GET[:-2] + b"Connection: close\r\n\r\n", False),
        (b"GET /x HTTP/1.0\r\nHost: a.example\r\n\r\n", False),
        (b"POST /x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab", False),
        # It sends what it said that it would not: a reset might take the answer with it.
        (GET[:-2] + b"Connection: close\r\n\r\n" + GET, True),
        # Weir closes, and the client may be sending: RFC 9112 9.6.
        (GET, True),
    ],
)
async def test_who_said_that_nothing_follows_is_not_lingered_for(request_: bytes, lingers: bool) -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        if lingers and request_ == GET:
            weir.service.listeners[weir.key].drain(60)
        client.send(request_)
        status, fields, body = await client.answer()
        assert (status, fields[b"connection"], body) == (200, b"close", b"ok")
        assert await client.rest() == b""
        await asyncio.sleep(0)
        assert weir.service.connection_count == lingers
        client.close()
        await until(lambda: weir.service.connection_count == 0)


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


async def test_a_slow_client_gets_the_last_answer_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downstream, "LINGER_S", 0.1)
    big = b"x" * 8_000_000

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(big))
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.reader._limit = 1  # type: ignore[attr-defined]
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = b""
        while not received.endswith(b"\r\n\r\n" + big):
            part = await asyncio.wait_for(client.reader.read(1 << 20), 10)
            assert part, "cut"
            received += part
            await asyncio.sleep(0.05 if weir.service.connection_count else 0)
        assert weir.count(metrics.TIMEOUT_WRITE_STALL) == 0


@pytest.mark.parametrize("connection", [b"keep-alive", b"close"])
async def test_a_client_that_takes_no_answer_is_closed_and_counted(connection: bytes) -> None:
    async def script(peer: EndpointConnection) -> None:
        await peer.head()
        peer.send(respond(b"x" * 20_000_000))
        await peer.reader.read()

    spec = {"timeouts": {"writeStall": "300ms"}}
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, process=spec) as weir:
        client = await weir.client()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: %b\r\n\r\n" % connection)
        await until(lambda: weir.service.connection_count == 1)
        await until(lambda: weir.service.connection_count == 0)
        assert weir.count(metrics.TIMEOUT_WRITE_STALL) == 1


async def test_a_client_that_takes_some_of_its_answer_is_not_stalled() -> None:
    total = 12_000_000

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"x" * total))
        await connection.reader.read()

    spec = {"timeouts": {"writeStall": "400ms"}, "limits": {"bufferBytesPerConnection": "8Mi"}}
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, process=spec) as weir:
        client = await weir.client()
        client.send(GET)
        await client.head()
        client.reader._limit = 1  # type: ignore[attr-defined]
        left = total
        while left > 0 and (part := await client.reader.read(600_000)):
            left -= len(part)
            await asyncio.sleep(0.1)
        assert weir.count(metrics.TIMEOUT_WRITE_STALL) == 0


async def test_an_endpoint_that_takes_no_body_is_a_504_and_counted() -> None:
    async def script(connection: EndpointConnection) -> None:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    spec = {"timeouts": {"writeStall": "300ms"}}
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, process=spec) as weir:
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n")
        client.send(b"x" * 50_000_000)
        await until(lambda: weir.answered("5xx") == 1)
        assert weir.count(metrics.TIMEOUT_WRITE_STALL) == 1
        assert weir.count(metrics.TIMEOUT_STREAM_IDLE) == 0
        assert weir.service.buffered_bytes == 0


async def test_new_requests_are_503_while_too_much_waits_in_the_process() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"x" * 20_000_000))
        await connection.reader.read()

    spec = {"limits": {"bufferBytes": "1Ki"}}
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, process=spec) as weir:
        slow, other = await weir.client(), await weir.client()
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
        slow.send(GET)
        await until(lambda: weir.service.buffered_bytes > 1024)
        status, fields, _ = await other.ask(GET)
        assert (status, fields[b"retry-after"]) == (503, b"1")
        assert weir.count(metrics.LIMIT_BUFFER) == 1
        slow.close()
        await until(lambda: weir.service.buffered_bytes == 0)


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
