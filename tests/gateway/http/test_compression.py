"""Compression from YAML to the wire: every coding with every framing, streams, and what passes as it is."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from tests.support.as_written import serve_policy
from tests.support.data_path import gateway
from tests.support.decoders import decoder
from tests.support.programs import require_program
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

BODY = b"".join(b"<li>order %d of %d</li>\n" % (number, number * 7919 % 1000) for number in range(4000))
HTML = b"Content-Type: text/html\r\n"
POLICY = "compression: {}"
CODINGS = (b"gzip", b"br", b"zstd")
Script = Callable[[EndpointConnection], Awaitable[None]]


def ask(accept: bytes = b"gzip", *, method: bytes = b"GET", version: bytes = b"1.1") -> bytes:
    return b"%b /x HTTP/%b\r\nHost: a.example\r\nAccept-Encoding: %b\r\n\r\n" % (method, version, accept)


def chunked(body: bytes, size: int = 3000) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def answering_with(answer: bytes, *, closes: bool = False) -> Script:
    """An endpoint that gives every bodiless request the same answer."""

    async def script(connection: EndpointConnection) -> None:
        while True:
            await connection.head()
            connection.send(answer)
            if closes:
                connection.close()
                return

    return script


FRAMINGS = {
    "length": answering_with(respond(BODY, extra=HTML)),
    "chunked": answering_with(b"HTTP/1.1 200 OK\r\n%bTransfer-Encoding: chunked\r\n\r\n%b" % (HTML, chunked(BODY))),
    "close": answering_with(b"HTTP/1.1 200 OK\r\n%bConnection: close\r\n\r\n%b" % (HTML, BODY), closes=True),
}


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("coding", CODINGS)
async def test_every_coding_with_every_framing_of_the_backend(coding: bytes, framing: str) -> None:
    async with ScriptedEndpoint(FRAMINGS[framing]) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        for _ in range(2):
            status, fields, body = await client.ask(ask(coding))
            assert (status, fields[b"content-encoding"], fields[b"transfer-encoding"]) == (200, coding, b"chunked")
            assert fields[b"vary"] == b"accept-encoding"
            assert b"content-length" not in fields
            assert len(body) < len(BODY) / 4
            assert decoder(coding)(body) == BODY


@pytest.mark.parametrize("coding", CODINGS)
async def test_curl_reads_it(coding: bytes) -> None:
    curl = require_program("curl")
    async with ScriptedEndpoint(FRAMINGS["length"]) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, f"compression: {{algorithms: [{coding.decode()}]}}")
        url = f"http://127.0.0.1:{weir.port}/x"
        process = await asyncio.create_subprocess_exec(
            curl, "--silent", "--include", "--compressed", url, stdout=asyncio.subprocess.PIPE
        )
        answer, _ = await process.communicate()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-encoding: " + coding in head.lower()
    assert body == BODY


async def test_a_client_of_http_1_0_gets_it_up_to_the_close() -> None:
    async with ScriptedEndpoint(FRAMINGS["length"]) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        client.send(ask(version=b"1.0"))
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head
        assert decoder(b"gzip")(body) == BODY


async def test_a_client_that_takes_no_coding_gets_the_octets_of_the_backend() -> None:
    async with ScriptedEndpoint(FRAMINGS["length"]) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        for accept in (b"", b"identity", b"*;q=0"):
            _, fields, body = await client.ask(ask(accept))
            assert body == BODY
            assert b"content-encoding" not in fields
            assert (fields[b"vary"], fields[b"content-length"]) == (b"accept-encoding", b"%d" % len(BODY))


async def test_an_answer_to_head_has_the_head_of_one_to_get_and_the_connection_lives() -> None:
    async def script(connection: EndpointConnection) -> None:
        while True:
            head = await connection.head()
            answer = respond(BODY, extra=HTML)
            connection.send(answer if head.startswith(b"GET") else answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        client.send(ask(method=b"HEAD"))
        head = (await client.head()).lower()
        assert b"content-encoding: gzip" in head
        assert b"content-length" not in head
        assert decoder(b"gzip")((await client.ask(ask()))[2]) == BODY


@pytest.mark.parametrize("extra", [b"Content-Encoding: br\r\n", b"Cache-Control: no-transform\r\n"])
async def test_what_is_encoded_or_must_stay_passes_as_it_is(extra: bytes) -> None:
    async with (
        ScriptedEndpoint(answering_with(respond(BODY, extra=HTML + extra))) as endpoint,
        gateway(endpoint) as weir,
    ):
        serve_policy(weir, POLICY)
        _, fields, body = await (await weir.client()).ask(ask())
        assert body == BODY
        assert fields.get(b"content-encoding") != b"gzip"
        assert b"vary" not in fields


@pytest.mark.parametrize("coding", CODINGS)
async def test_events_are_not_held_back(coding: bytes) -> None:
    said: asyncio.Queue[bytes] = asyncio.Queue()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        while event := await said.get():
            connection.send(b"%x\r\n%b\r\n" % (len(event), event))
        connection.send(b"0\r\n\r\n")

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client, decode = await weir.client(), decoder(coding)
        client.send(ask(coding))
        assert b"content-encoding: " + coding in await client.head()
        for number in range(3):
            event = b"data: %d\n\n" % number
            said.put_nowait(event)
            read = b""
            while read != event:
                size = int(await asyncio.wait_for(client.reader.readuntil(b"\r\n"), 10), 16)
                read += decode((await client.reader.readexactly(size + 2))[:-2])
        said.put_nowait(b"")
        await client.chunked()


async def test_a_large_body_comes_whole_to_a_slow_reader() -> None:
    body = random.Random(1).randbytes(1 << 20) * 8

    async with (
        ScriptedEndpoint(answering_with(respond(body, extra=HTML))) as endpoint,
        gateway(endpoint) as weir,
    ):
        serve_policy(weir, "compression: {level: 1}")
        client = await weir.client()
        client.send(ask())
        await client.head()
        await asyncio.sleep(0.2)
        assert decoder(b"gzip")(await client.chunked()) == body


async def test_a_body_that_breaks_off_is_not_passed_for_a_whole_one() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\n%bContent-Length: 90000\r\n\r\n%b" % (HTML, BODY[:20000]))
        connection.close()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        client.send(ask())
        assert not (await client.rest()).endswith(b"0\r\n\r\n")


async def test_a_page_in_the_place_of_an_error_is_not_encoded() -> None:
    broken = answering_with(respond(BODY, status=b"500 Oops", extra=HTML))
    async with ScriptedEndpoint(broken) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, f"{POLICY}\nerrorPages: [{{statuses: [500], body: sorry, fromBackend: true}}]")
        _, fields, body = await (await weir.client()).ask(ask())
        assert (body, b"content-encoding" in fields) == (b"sorry", False)


async def test_trailers_go_on_behind_an_encoded_body() -> None:
    answer = b"HTTP/1.1 200 OK\r\n%bTransfer-Encoding: chunked\r\n\r\n" % HTML
    answer += chunked(BODY)[:-2] + b"X-Sum: 1\r\n\r\n"
    async with ScriptedEndpoint(answering_with(answer)) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        client.send(ask().replace(b"\r\n\r\n", b"\r\nTE: trailers\r\nConnection: te\r\n\r\n"))
        await client.head()
        whole = b""
        while not whole.endswith(b"\r\n\r\n"):
            whole += await client.reader.read(65536)
        assert whole.lower().endswith(b"0\r\nx-sum: 1\r\n\r\n")
