"""Request bodies unpacked, from YAML to the wire, and what is refused on the way."""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from gateway.telemetry import metrics
from tests.support.as_written import serve_policy
from tests.support.data_path import gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

POLICY = "decompression: {maxBytes: 1Mi, maxRatio: 50}"
BODY = b"".join(b"line %d, " % number for number in range(5000))
BODIES = {b"gzip": gzip.compress(BODY), b"br": brotli.compress(BODY), b"zstd": zstandard.compress(BODY)}
GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


def post(body: bytes, coding: bytes = b"gzip", *, chunk: int = 0, extra: bytes = b"") -> bytes:
    head = b"POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Encoding: %b\r\n%b" % (coding, extra)
    if not chunk:
        return b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)
    parts = [body[start : start + chunk] for start in range(0, len(body), chunk)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return b"%bTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % (head, framed)


async def chunked(connection: EndpointConnection) -> bytes:
    parts = []
    while size := int(await connection.reader.readuntil(b"\r\n"), 16):
        parts.append(await connection.body(size))
        await connection.body(2)
    await connection.body(2)
    return b"".join(parts)


async def mirroring(connection: EndpointConnection) -> None:
    """An endpoint that answers with the head and the body that it got."""
    while True:
        head = (await connection.head()).lower()
        body = await chunked(connection) if b"transfer-encoding: chunked" in head else b""
        connection.send(respond(head + body))


@pytest.mark.parametrize("coding", BODIES)
@pytest.mark.parametrize("chunk", [0, 7, 1000])
async def test_the_backend_gets_the_body_unpacked(coding: bytes, chunk: int) -> None:
    async with ScriptedEndpoint(mirroring) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        for _ in range(2):
            status, _, answer = await client.ask(post(BODIES[coding], coding, chunk=chunk, extra=b"Digest: a=b\r\n"))
            head, _, body = answer.partition(b"\r\n\r\n")
            assert (status, body) == (200, BODY)
            assert not [name for name in (b"content-encoding", b"content-length", b"digest:") if name in head]
        assert endpoint.connections == 1


async def test_a_body_of_another_coding_goes_on_as_it_is() -> None:
    async def whole(connection: EndpointConnection) -> None:
        head = await connection.head()
        connection.send(respond(head + await connection.body(5)))

    async with ScriptedEndpoint(whole) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        _, _, answer = await (await weir.client()).ask(post(b"hello", b"deflate"))
        assert answer.endswith(b"hello")
        assert b"Content-Encoding: deflate\r\n" in answer


BOMB = bytes(40 << 20)


@pytest.mark.parametrize(
    ("body", "coding", "status"),
    [
        (gzip.compress(BOMB), b"gzip", 413),
        (brotli.compress(BOMB), b"br", 413),
        (zstandard.compress(BOMB), b"zstd", 413),
        (gzip.compress(b"0123456789abcdef" * 4096, 0) * 20, b"gzip", 413),
        (BODIES[b"gzip"][:-4], b"gzip", 400),
        (BODIES[b"br"][:-4], b"br", 400),
        (BODIES[b"zstd"][:-4], b"zstd", 400),
        (BODIES[b"gzip"] + b"junk", b"gzip", 400),
        (b"no gzip at all", b"gzip", 400),
        (BODIES[b"gzip"], b"br", 400),
    ],
    ids=[
        "bomb of gzip",
        "bomb of br",
        "bomb of zstd",
        "too long",
        "short gzip",
        "short br",
        "short zstd",
        "more behind",
        "no gzip",
        "another coding",
    ],
)
@pytest.mark.parametrize("chunk", [0, 1000])
async def test_bombs_and_broken_bodies_are_refused_and_counted(
    body: bytes, coding: bytes, status: int, chunk: int
) -> None:
    async with ScriptedEndpoint(mirroring) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        client.send(post(body, coding, chunk=chunk))
        found, _, _ = await client.answer()
        assert found == status
        assert weir.count(metrics.POLICY_DENIALS["decompression"]) == 1
        assert (await (await weir.client()).ask(GET))[0] == 200


async def test_the_connection_lives_after_a_refusal_of_a_small_body() -> None:
    async with ScriptedEndpoint(mirroring) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, POLICY)
        client = await weir.client()
        for octets, status in ((BODIES[b"gzip"][:-4], 400), (BODIES[b"gzip"], 200), (b"junk", 400), (b"junk", 400)):
            assert (await client.ask(post(octets)))[0] == status


async def test_without_the_policy_the_body_goes_on_as_it_is() -> None:
    async def whole(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(await connection.body(len(BODIES[b"gzip"]))))

    async with ScriptedEndpoint(whole) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, "bodyBytes: 1Mi")
        assert (await (await weir.client()).ask(post(BODIES[b"gzip"])))[2] == BODIES[b"gzip"]
