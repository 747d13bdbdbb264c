"""Request bodies taken whole, from YAML to the wire."""

from __future__ import annotations

import asyncio
import gzip
import os

import pytest

from gateway.telemetry import metrics
from tests.support.as_written import ROUTE, serve_policy
from tests.support.data_path import gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

POLICY = "buffering: {maxBytes: 8Mi, memoryBytes: 1Ki}"
SMALL, LARGE = b"hello", os.urandom(6 << 20)
GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


def post(body: bytes, *, chunked: bool = False, extra: bytes = b"") -> bytes:
    head = b"POST /x HTTP/1.1\r\nHost: a.example\r\n" + extra
    if not chunked:
        return b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)
    parts = [body[start : start + 65536] for start in range(0, len(body), 65536)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return b"%bTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % (head, framed)


def length_of(head: bytes) -> int:
    (line,) = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return int(line.partition(b":")[2])


async def echoing(connection: EndpointConnection) -> None:
    """An endpoint that reads no chunks, and answers with the body that it got."""
    while True:
        head = await connection.head()
        assert b"transfer-encoding" not in head.lower()
        connection.send(respond(await connection.body(length_of(head)) if head.startswith(b"POST") else b"ok"))


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("body", [SMALL, LARGE, b""], ids=["small", "large", "empty"])
async def test_the_backend_gets_it_whole_with_its_length(body: bytes, *, chunked: bool) -> None:
    async with ScriptedEndpoint(echoing) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        for _ in range(2):
            assert (await client.ask(post(body, chunked=chunked)))[::2] == (200, body)
        assert endpoint.connections == 1
        assert weir.service.buffered_bytes == 0


async def test_the_backend_is_not_asked_before_the_body_is_whole() -> None:
    async with ScriptedEndpoint(echoing) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        client.send(post(SMALL)[:-1])
        await asyncio.sleep(0.05)
        assert endpoint.connections == 0
        client.send(SMALL[-1:])
        assert (await client.answer())[2] == SMALL


async def test_expect_is_answered_by_weir_and_does_not_go_on() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        heads.append(await connection.head())
        connection.send(respond(await connection.body(5)))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        client.send(post(SMALL, extra=b"Expect: 100-continue\r\n")[:-5])
        assert (await client.head()).startswith(b"HTTP/1.1 100 ")
        client.send(SMALL)
        assert (await client.answer())[2] == SMALL
        assert b"expect" not in heads[0].lower()


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_long_is_413_and_counted(*, chunked: bool) -> None:
    async with ScriptedEndpoint(echoing) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, "buffering: {maxBytes: 100k}")
        client = await weir.client()
        client.send(post(LARGE[:100_001], chunked=chunked))
        assert (await client.answer())[0] == 413
        assert weir.count(metrics.POLICY_DENIALS["buffering"]) == 1
        assert endpoint.connections == 0
        assert (await (await weir.client()).ask(post(LARGE[:100_000], chunked=chunked)))[0] == 200


async def test_a_client_that_leaves_leaves_nothing_behind() -> None:
    async with ScriptedEndpoint(echoing) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, "buffering: {}")
        client = await weir.client()
        client.send(post(bytes(5000))[:-100])
        await until(lambda: weir.service.buffered_bytes > 0)
        client.reset()
        await until(lambda: weir.service.buffered_bytes == 0)
        assert endpoint.connections == 0


async def test_a_slow_endpoint_gets_all_of_it() -> None:
    async def slow(connection: EndpointConnection) -> None:
        head = await connection.head()
        got = b""
        while len(got) < length_of(head):
            got += await connection.reader.read(1 << 20)
            await asyncio.sleep(0.005)
        connection.send(respond(b"%d" % (got == LARGE)))

    async with ScriptedEndpoint(slow) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        assert (await (await weir.client()).ask(post(LARGE)))[2] == b"1"


async def test_an_endpoint_that_answers_early_is_not_asked_again_on_that_connection() -> None:
    async def hasty(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"no", status=b"400 Bad"))
        await asyncio.sleep(60)

    async with ScriptedEndpoint(hasty) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        for number in (1, 2):
            assert (await client.ask(post(LARGE)))[::2] == (400, b"no")
            assert endpoint.connections == number


async def test_a_stale_connection_is_replaced_and_the_body_begins_anew() -> None:
    async def one_each(connection: EndpointConnection) -> None:
        head = await connection.head()
        connection.send(respond(await connection.body(length_of(head)) if head.startswith(b"PUT") else b"ok"))
        await connection.reader.read(1)
        connection.reset()

    async with ScriptedEndpoint(one_each) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        for _ in range(3):
            assert (await client.ask(post(LARGE).replace(b"POST", b"PUT", 1)))[::2] == (200, LARGE)


async def test_a_failed_connect_is_tried_elsewhere_with_the_whole_body() -> None:
    async with ScriptedEndpoint(echoing) as endpoint, gateway(endpoint, dead_endpoints=2) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        for _ in range(4):
            assert (await client.ask(post(LARGE[:200_000])))[2] == LARGE[:200_000]


async def test_an_unpacked_body_is_kept_and_has_its_own_length() -> None:
    async with ScriptedEndpoint(echoing) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, f"{POLICY}\ndecompression: {{maxRatio: 1000}}")
        client = await weir.client()
        body, extra = bytes(100_000), b"Content-Encoding: gzip\r\n"
        assert (await client.ask(post(gzip.compress(body), extra=extra)))[2] == body
        client.send(post(gzip.compress(bytes(9 << 20)), extra=extra))
        assert (await client.answer())[0] == 413


async def test_a_mirror_gets_the_whole_body_too() -> None:
    route = ROUTE.replace(
        "rules: [{",
        "rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: "
        "{group: weir.dev, kind: Backend, name: b}}}], ",
    )
    got: list[bytes] = []

    async def noting(connection: EndpointConnection) -> None:
        while True:
            head = await connection.head()
            got.append(await connection.body(length_of(head)))
            connection.send(respond())

    async with ScriptedEndpoint(noting) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY, route=route)
        assert (await (await weir.client()).ask(post(SMALL, chunked=True)))[0] == 200
        await until(lambda: got == [SMALL, SMALL])


async def test_the_time_of_the_request_runs_while_the_body_comes() -> None:
    async with ScriptedEndpoint(echoing) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, f"{POLICY}\ntimeouts: {{request: 100ms}}")
        client = await weir.client()
        client.send(post(SMALL)[:-1])
        assert (await client.answer())[0] == 504


async def test_a_request_without_a_body_goes_on_at_once() -> None:
    async with ScriptedEndpoint(echoing) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        assert (await (await weir.client()).ask(GET))[2] == b"ok"
