"""Error pages from YAML to the wire: errors of Weir's own, and bodies of backends that nobody is to see."""

from __future__ import annotations

import pytest

from policies.error_pages.page import UNSEEN_BYTES
from tests.support.as_written import serve_policy
from tests.support.data_path import gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\n"
PAGES = (
    "errorPages: [{statuses: [500, 502, 503], body: <h1>sorry</h1>, fromBackend: true}, {statuses: [403], body: no}]"
)
PAGE = b"<h1>sorry</h1>"


async def broken(connection: EndpointConnection) -> None:
    """An endpoint that answers every bodiless request with an error of its own."""
    while True:
        await connection.head()
        extra = b"Content-Type: text/plain\r\nETag: x\r\nContent-Encoding: br\r\nX-Own: y\r\n"
        connection.send(respond(b"a trace of calls", status=b"500 Oops", extra=extra))


@pytest.mark.parametrize(
    ("more", "status", "body"),
    [("fault: {abort: {}}", 503, PAGE), ("access: {sources: {deny: [0.0.0.0/0]}}", 403, b"no")],
)
async def test_an_error_of_weirs_own_has_its_page(more: str, status: int, body: bytes) -> None:
    async with gateway(None) as weir:
        serve_policy(weir, f"{PAGES}\n{more}")
        client = await weir.client()
        found, fields, page = await client.ask(GET)
        assert (found, page) == (status, body)
        assert fields[b"content-type"] == b"text/html; charset=utf-8"
        assert b"proxy-status" in fields
        assert b"x-request-id" in fields


async def test_an_error_on_the_way_to_the_endpoint_has_its_page() -> None:
    async with gateway(None, dead_endpoints=1) as weir:
        serve_policy(weir, PAGES)
        assert (await (await weir.client()).ask(GET))[::2] == (502, PAGE)


async def test_an_error_without_a_page_is_told_as_ever() -> None:
    async with gateway(None) as weir:
        serve_policy(weir, f"{PAGES}\nfault: {{abort: {{status: 504}}}}")
        _, fields, _ = await (await weir.client()).ask(GET)
        assert fields[b"content-type"] == b"application/problem+json"


async def test_the_body_of_a_backend_is_replaced_and_its_connection_lives() -> None:
    async with ScriptedEndpoint(broken) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, PAGES)
        client = await weir.client()
        for _ in range(3):
            status, fields, body = await client.ask(GET)
            assert (status, body, fields[b"x-own"]) == (500, PAGE, b"y")
            assert fields[b"content-type"] == b"text/html; charset=utf-8"
            assert not {b"etag", b"content-encoding"} & set(fields)
        assert endpoint.connections == 1


async def test_an_answer_to_head_has_the_length_of_the_page_and_no_body() -> None:
    async def script(connection: EndpointConnection) -> None:
        while True:
            await connection.head()
            connection.send(b"HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\n")

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, PAGES)
        client = await weir.client()
        for _ in range(2):
            client.send(GET.replace(b"GET", b"HEAD"))
            head = await client.head()
            assert b"content-length: 14\r\n" in head
            assert b"1000" not in head


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_every_framing_of_a_backend_is_replaced(answer: bytes) -> None:
    async def script(connection: EndpointConnection) -> None:
        while True:
            await connection.head()
            connection.send(answer)

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, PAGES)
        client = await weir.client()
        for _ in range(2):
            assert (await client.ask(GET))[::2] == (503, PAGE)


async def test_the_page_does_not_wait_for_the_end_of_what_nobody_sees() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\n")
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, PAGES)
        assert (await (await weir.client()).ask(GET))[::2] == (503, PAGE)


@pytest.mark.parametrize("request_", [GET, POST])
async def test_a_body_without_end_that_nobody_sees_ends_the_connection(request_: bytes) -> None:
    closed: list[bool] = []

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n")
        part = b"1000\r\n%b\r\n" % bytes(4096)
        try:
            for _ in range(100 * UNSEEN_BYTES // 4096):
                connection.send(part)
                await connection.writer.drain()
        except ConnectionError:
            closed.append(True)
            raise

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, PAGES)
        client = await weir.client()
        assert (await client.ask(request_))[::2] == (503, PAGE)
        await until(lambda: closed == [True])
        serve_policy(weir, "directResponse: {status: 200, body: on}")
        if request_ is POST:
            client.send(b"hello")
        assert (await client.ask(GET))[2] == b"on", "the client's connection lives"


async def test_other_answers_pass_as_they_are() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, PAGES)
        assert (await (await weir.client()).ask(GET))[::2] == (200, b"ok")
