"""Exchanges over real sockets: a scripted endpoint on one side, a raw client on the other, Weir's data path between."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from tests.support.data_path import gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


async def test_passes_a_request_on_and_its_answer_back() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        heads.append(await connection.head())
        connection.send(respond(b"hello", extra=b"X-One: 1\r\n"))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        status, fields, body = await client.ask(b"GET /x?q=1 HTTP/1.1\r\nHost: a.example\r\nX-Two: 2\r\n\r\n")
    assert (status, body) == (200, b"hello")
    assert fields[b"x-one"] == b"1"
    assert b"date" in fields
    assert fields[b"via"] == b"1.1 weir"
    head = heads[0]
    assert head.startswith(b"GET /x?q=1 HTTP/1.1\r\n")
    for line in (
        b"\r\nHost: a.example\r\n",
        b"\r\nX-Two: 2\r\n",
        b"\r\nx-forwarded-for: 127.0.0.1\r\n",
        b"\r\nx-forwarded-proto: http\r\n",
    ):
        assert line in head
    assert b"\r\nx-request-id: " in head


async def test_hop_by_hop_fields_end_here() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        heads.append(await connection.head())
        connection.send(respond(extra=b"Connection: x-secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\n"))

    request = (
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\nKeep-Alive: 5\r\n"
        b"Proxy-Connection: keep-alive\r\nTE: gzip\r\n\r\n"
    )
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        _, fields, _ = await client.ask(request)
    lowered = heads[0].lower()
    for name in (b"x-private", b"keep-alive", b"proxy-connection", b"\r\nte:", b"\r\nconnection:"):
        assert name not in lowered
    assert b"x-secret" not in fields
    assert b"keep-alive" not in fields


async def test_bodies_with_a_length_stream_through() -> None:
    payload = bytes(range(256)) * 4096

    async def script(connection: EndpointConnection) -> None:
        head = await connection.head()
        assert b"Content-Length: %d" % len(payload) in head
        body = await connection.body(len(payload))
        connection.send(respond(hashlib.sha256(body).hexdigest().encode()))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(payload))
        client.send(payload)
        status, _, body = await client.answer()
    assert status == 200
    assert body == hashlib.sha256(payload).hexdigest().encode()


async def test_chunked_bodies_are_rechunked_without_extensions_and_with_trailers() -> None:
    seen: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        head = await connection.head()
        seen.append(head)
        seen.append(await connection.reader.readuntil(b"0\r\nx-sum: 1\r\n\r\n"))
        connection.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n0\r\nX-Check: 2\r\n\r\n"
        )

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\nConnection: TE\r\n\r\n"
            b"3;a=b\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n"
        )
        head = await client.head()
        body = await client.reader.readuntil(b"0\r\nX-Check: 2\r\n\r\n")
    assert b"transfer-encoding: chunked" in seen[0].lower()
    assert b"te: trailers" in seen[0].lower()
    assert seen[1].startswith(b"3\r\nabc\r\n")
    assert b"transfer-encoding: chunked" in head
    assert body.startswith(b"5\r\nhello\r\n")


async def test_interim_answers_are_passed_on_in_order() -> None:
    async def script(connection: EndpointConnection) -> None:
        head = await connection.head()
        assert b"100-continue" in head
        connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.send(respond(await connection.body(3)))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        hints = await client.head()
        assert hints.startswith(b"HTTP/1.1 103") and b"Link: </a>" in hints
        assert (await client.head()).startswith(b"HTTP/1.1 100")
        client.send(b"abc")
        assert (await client.answer())[2] == b"abc"


async def test_an_early_answer_comes_while_the_body_is_still_sent() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"no thanks", status=b"403 Forbidden"))
        await connection.body(100_000)
        await connection.head()
        connection.send(respond(b"next"))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        assert (await client.answer())[0] == 403
        client.send(b"x" * 100_000)
        assert (await client.ask(GET))[2] == b"next"


async def test_early_answer_and_close_of_the_endpoint_reaches_the_client_whole() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"too large", status=b"413 Content Too Large", extra=b"Connection: close\r\n"))
        await connection.writer.drain()
        connection.close()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 65536)
        status, _, body = await client.answer()
    assert (status, body) == (413, b"too large")


async def test_absolute_form_goes_on_in_origin_form() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        heads.append(await connection.head())
        connection.send(respond())

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        assert (await client.ask(b"GET http://a.example/p?q HTTP/1.1\r\nHost: a.example\r\n\r\n"))[0] == 200
    assert heads[0].startswith(b"GET /p?q HTTP/1.1\r\n")
    assert heads[0].lower().count(b"\r\nhost:") == 1


async def test_client_gone_in_mid_body_ends_the_request_upstream() -> None:
    gone = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        try:
            await connection.body(1000)
        finally:
            gone.set()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc")
        await asyncio.sleep(0.05)
        client.close()
        await asyncio.wait_for(gone.wait(), 5)


async def test_a_request_lost_on_a_reused_connection_is_sent_again_once() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"%d" % connection.number))
        await connection.head()
        connection.reset()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[2] == b"0"
        assert (await client.ask(GET))[2] == b"1"
        assert (await client.ask(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"))[0] == 502


async def test_connect_failures_go_on_to_an_endpoint_that_lives() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, dead_endpoints=2) as weir:
        client = await weir.client()
        for _ in range(12):
            assert (await client.ask(GET))[0] == 200


async def test_no_endpoint_is_503_with_retry_after() -> None:
    async with gateway(None) as weir:
        client = await weir.client()
        status, fields, _ = await client.ask(GET)
        assert (status, fields[b"retry-after"]) == (503, b"1")


async def test_only_dead_endpoints_is_502() -> None:
    async with gateway(None, dead_endpoints=2) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[0] == 502


async def test_slow_readers_hold_the_endpoint_back() -> None:
    total = 64 * 1024 * 1024
    sent = 0

    async def script(connection: EndpointConnection) -> None:
        nonlocal sent
        await connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % total)
        block = b"x" * 65536
        while sent < total:
            connection.send(block)
            await connection.writer.drain()
            sent += len(block)

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.reader._limit = 65536  # type: ignore[attr-defined]
        client.send(GET)
        await client.head()
        await asyncio.sleep(0.5)
        assert sent < total // 2
        left = total
        while left:
            left -= len(await client.reader.read(1 << 20))
        assert sent == total


async def test_slow_endpoints_hold_the_client_back() -> None:
    go = asyncio.Event()
    total = 64 * 1024 * 1024

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.reader._limit = 65536  # type: ignore[attr-defined]
        await go.wait()
        left = total
        while left:
            left -= len(await connection.reader.read(1 << 20))
        connection.send(respond())

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % total)
        sent = 0

        async def feed() -> None:
            nonlocal sent
            while sent < total:
                client.send(b"x" * 65536)
                await client.writer.drain()
                sent += 65536

        feeding = asyncio.create_task(feed())
        await asyncio.sleep(0.5)
        assert sent < total // 2
        go.set()
        await feeding
        assert (await client.answer())[0] == 200


async def test_a_silent_endpoint_times_out_with_504() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        await connection.reader.read()

    async with (
        ScriptedEndpoint(script) as endpoint,
        gateway(endpoint, process={"timeouts": {"streamIdle": "600ms"}}) as weir,
    ):
        client = await weir.client()
        assert (await client.ask(GET))[0] == 504


@pytest.mark.parametrize("timeouts", [{"request_s": 0.3}, {"backend_request_s": 0.3}])
async def test_route_timeouts_answer_504(timeouts: dict[str, float]) -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, route_timeouts=timeouts) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[0] == 504
        assert (await client.ask(GET))[0] == 504


async def test_a_body_over_the_limit_is_413() -> None:
    async with (
        ScriptedEndpoint(answering) as endpoint,
        gateway(endpoint, process={"limits": {"bodyBytes": "1Ki"}}) as weir,
    ):
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n")
        assert (await client.answer())[0] == 413
        other = await weir.client()
        other.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n" + b"x" * 1025 + b"\r\n")
        assert (await other.rest()).startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 200"))
