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


async def test_reuses_connections_on_both_sides() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for _ in range(20):
            assert (await client.ask(GET))[0] == 200
        assert endpoint.connections == 1


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


async def test_forwarding_fields_of_an_untrusted_client_are_replaced() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        heads.append(await connection.head())
        connection.send(respond())

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        await client.ask(
            b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n"
            b"X-Forwarded-Proto: https\r\n\r\n"
        )
    assert b"6.6.6.6" not in heads[0]
    assert b"https" not in heads[0]


async def test_forwarding_fields_of_a_trusted_proxy_are_extended() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        heads.append(await connection.head())
        connection.send(respond())

    spec = {"forwarding": {"trustedProxies": ["127.0.0.0/8"], "forwarded": True}}
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, process=spec) as weir:
        client = await weir.client()
        await client.ask(
            b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
            b"X-Request-Id: abc\r\n\r\n"
        )
    assert b"\r\nx-forwarded-for: 6.6.6.6, 127.0.0.1\r\n" in heads[0]
    assert b"\r\nx-forwarded-proto: https\r\n" in heads[0]
    assert b"\r\nx-request-id: abc\r\n" in heads[0]
    assert b'\r\nforwarded: for=127.0.0.1;host="a";proto=http\r\n' in heads[0]


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


async def test_a_silent_endpoint_times_out_with_504() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, process=Timeouts.SPEC) as weir:
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


async def test_connections_past_the_limit_wait_and_are_served_later() -> None:
    async with (
        ScriptedEndpoint(answering) as endpoint,
        gateway(endpoint, process={"limits": {"connections": 2}}) as weir,
    ):
        first, second = await weir.client(), await weir.client()
        assert (await first.ask(GET))[0] == 200
        assert (await second.ask(GET))[0] == 200
        third = await weir.client()
        third.send(GET)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(third.reader.readexactly(1), 0.3)
        first.close()
        second.close()
        assert (await third.answer())[0] == 200


async def test_connections_of_one_source_past_the_limit_are_429() -> None:
    async with (
        ScriptedEndpoint(answering) as endpoint,
        gateway(endpoint, process={"limits": {"connectionsPerSource": 1}}) as weir,
    ):
        first = await weir.client()
        assert (await first.ask(GET))[0] == 200
        second = await weir.client()
        assert (await second.rest()).startswith(b"HTTP/1.1 429 ")
        first.close()
        await asyncio.sleep(0.05)
        third = await weir.client()
        assert (await third.ask(GET))[0] == 200


async def test_drain_lets_what_runs_finish_and_says_close() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        await asyncio.sleep(0.2)
        connection.send(respond(b"done"))
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        busy, idle = await weir.client(), await weir.client()
        busy.send(GET)
        await asyncio.sleep(0.05)
        draining = asyncio.create_task(weir.service.drain(5))
        assert await idle.rest() == b""
        _, fields, body = await busy.answer()
        assert (fields[b"connection"], body) == (b"close", b"done")
        assert await draining


async def test_an_exchange_finishes_under_the_plan_that_it_began_with() -> None:
    go = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        await go.wait()
        connection.send(respond(b"old"))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(GET)
        await asyncio.sleep(0.05)
        weir.apply(rules=())
        go.set()
        assert (await client.answer())[2] == b"old"
        assert (await client.ask(GET))[0] == 404


async def test_lives_are_counted_down_to_zero() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        clients = [await weir.client() for _ in range(5)]
        for client in clients:
            assert (await client.ask(GET))[0] == 200
        assert weir.service.connection_count == 5
        for client in clients:
            client.close()
        await asyncio.sleep(0.05)
        assert weir.service.connection_count == 0
        assert all(state.active == 0 for state in weir.service.backends["d/b"].backend.view.states)
