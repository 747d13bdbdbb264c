"""Copies of requests: whole, in order, and never at the cost of the exchange that they are copies of."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable

import pytest

from config.snapshot import Mirror
from discovery.endpoint import Endpoint, EndpointSet
from gateway.http.service import BackendTraffic
from gateway.telemetry import metrics
from tests.support.data_path import Gateway, gateway
from tests.support.endpoints import plan
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

MIRROR = "d/mirror"
GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello"


def mirror_to(weir: Gateway, port: int, *, numerator: int = 1) -> None:
    """Have every request of `weir` copied to an endpoint on that port."""
    service = weir.service
    weir.apply((dataclasses.replace(weir.rule(), filters=(Mirror(MIRROR, numerator, 1),)),))
    service.backends[MIRROR] = BackendTraffic(service, plan(name=MIRROR))
    service.apply_endpoints(EndpointSet(MIRROR, (Endpoint("m", "127.0.0.1", port),), "static", 0.0))


def in_use(weir: Gateway) -> int:
    """Connections to the mirror that carry a copy now."""
    return sum(pool["inUse"] for pool in weir.service.backends[MIRROR].describe().values())


async def test_a_copy_is_the_whole_request_and_its_answer_goes_nowhere() -> None:
    copies: list[bytes] = []

    async def keep(connection: EndpointConnection) -> None:
        while True:
            head = await connection.head()
            copies.append(head + await connection.body(5))
            connection.send(respond(b"from the mirror"))

    async with (
        ScriptedEndpoint(answering_posts) as endpoint,
        ScriptedEndpoint(keep) as mirror,
        gateway(endpoint) as weir,
    ):
        mirror_to(weir, mirror.port)
        client = await weir.client()
        for _ in range(3):
            assert (await client.ask(POST))[2] == b"ok"
        await until(lambda: len(copies) == 3 and in_use(weir) == 0)
        assert weir.count(metrics.MIRRORED) == 3
        assert weir.count(metrics.MIRRORS_DROPPED) == 0
        assert mirror.connections <= 3
    assert all(copy.startswith(b"POST /x HTTP/1.1\r\n") and copy.endswith(b"\r\n\r\nhello") for copy in copies)


async def answering_posts(connection: EndpointConnection) -> None:
    while True:
        await connection.head()
        await connection.body(5)
        connection.send(respond())


async def test_a_share_of_none_copies_nothing() -> None:
    async with (
        ScriptedEndpoint(answering) as endpoint,
        ScriptedEndpoint(answering) as mirror,
        gateway(endpoint) as weir,
    ):
        mirror_to(weir, mirror.port, numerator=0)
        client = await weir.client()
        for _ in range(5):
            assert (await client.ask(GET))[0] == 200
        assert weir.count(metrics.MIRRORED) == 0
        assert mirror.connections == 0


async def test_a_mirror_that_is_not_there_costs_the_client_nothing() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        mirror_to(weir, 1)
        client = await weir.client()
        assert (await client.ask(GET))[0] == 200
        await until(lambda: weir.count(metrics.MIRRORS_DROPPED) == 1)
        assert (await client.ask(GET))[0] == 200


async def reset(connection: EndpointConnection) -> None:
    await connection.head()
    connection.reset()


async def garbage(connection: EndpointConnection) -> None:
    await connection.head()
    connection.send(b"no HTTP at all\r\n\r\n")
    await connection.reader.read()


async def switching(connection: EndpointConnection) -> None:
    await connection.head()
    connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
    await connection.reader.read()


@pytest.mark.parametrize("script", [reset, garbage, switching], ids=lambda script: script.__name__)
async def test_a_mirror_that_fails_is_given_up_and_counted(script: Callable[[EndpointConnection], object]) -> None:
    async with (
        ScriptedEndpoint(answering) as endpoint,
        ScriptedEndpoint(script) as mirror,  # type: ignore[arg-type]
        gateway(endpoint) as weir,
    ):
        mirror_to(weir, mirror.port)
        client = await weir.client()
        assert (await client.ask(GET))[2] == b"ok"
        await until(lambda: weir.count(metrics.MIRRORS_DROPPED) == 1)
        assert in_use(weir) == 0


async def test_a_client_that_leaves_in_mid_body_takes_the_copy_with_it() -> None:
    begun = asyncio.Event()

    async def waiting(connection: EndpointConnection) -> None:
        await connection.head()
        begun.set()
        await connection.reader.read()

    async with (
        ScriptedEndpoint(answering_posts) as endpoint,
        ScriptedEndpoint(waiting) as mirror,
        gateway(endpoint) as weir,
    ):
        mirror_to(weir, mirror.port)
        client = await weir.client()
        client.send(POST[:-2])
        await begun.wait()
        client.close()
        await until(lambda: weir.count(metrics.MIRRORS_DROPPED) == 1)
        assert in_use(weir) == 0


async def test_a_mirror_that_does_not_read_is_given_up_past_its_buffer() -> None:
    size = 8 << 20
    release = asyncio.Event()

    async def deaf(connection: EndpointConnection) -> None:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await release.wait()

    async def swallowing(connection: EndpointConnection) -> None:
        await connection.head()
        await connection.body(size)
        connection.send(respond())

    async with (
        ScriptedEndpoint(swallowing) as endpoint,
        ScriptedEndpoint(deaf) as mirror,
        gateway(endpoint) as weir,
    ):
        mirror_to(weir, mirror.port)
        client = await weir.client()
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))
        assert (await client.answer())[0] == 200
        assert weir.count(metrics.MIRRORS_DROPPED) == 1
        release.set()


@pytest.mark.parametrize(
    ("answer", "slot"),
    [
        (respond(b"ok"), metrics.MIRRORS_SAME),
        (respond(b"no"), metrics.MIRRORS_SAME),
        (respond(b"other size"), metrics.MIRRORS_OTHER_SIZE),
        (respond(b"ok", status=b"500 X"), metrics.MIRRORS_OTHER_STATUS),
    ],
)
@pytest.mark.parametrize("slow", ["the endpoint", "the mirror"])
async def test_the_two_answers_are_held_against_each_other(answer: bytes, slot: int, slow: str) -> None:
    def saying(name: str, said: bytes) -> Callable[[EndpointConnection], Awaitable[None]]:
        async def script(connection: EndpointConnection) -> None:
            while True:
                await connection.head()
                await asyncio.sleep(0.03 if name == slow else 0.0)
                connection.send(said)

        return script

    async with (
        ScriptedEndpoint(saying("the endpoint", respond(b"ok"))) as endpoint,
        ScriptedEndpoint(saying("the mirror", answer)) as mirror,
        gateway(endpoint) as weir,
    ):
        mirror_to(weir, mirror.port)
        client = await weir.client()
        assert (await client.ask(GET))[0] == 200
        await until(lambda: weir.count(slot) == 1)
        slots = (metrics.MIRRORS_SAME, metrics.MIRRORS_OTHER_SIZE, metrics.MIRRORS_OTHER_STATUS)
        assert sum(map(weir.count, slots)) == 1


async def test_a_copy_that_is_given_up_is_compared_with_nothing() -> None:
    async def broken(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        await asyncio.sleep(0.01)
        connection.reset()

    async with ScriptedEndpoint(answering) as endpoint, ScriptedEndpoint(broken) as mirror, gateway(endpoint) as weir:
        mirror_to(weir, mirror.port)
        client = await weir.client()
        assert (await client.ask(GET))[0] == 200
        await until(lambda: weir.count(metrics.MIRRORS_DROPPED) == 1)
        slots = (metrics.MIRRORS_SAME, metrics.MIRRORS_OTHER_SIZE, metrics.MIRRORS_OTHER_STATUS)
        assert sum(map(weir.count, slots)) == 0
