"""Bandwidth from YAML to the wire: how much moves in a time, each way, and that nothing is lost by it."""

from __future__ import annotations

import asyncio

import pytest

from gateway.http.downstream import Downstream
from tests.support.as_written import serve_policy
from tests.support.data_path import Gateway, gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
RATE = 64 * 1024
BODY = bytes(range(256)) * 128
"""Half a second's octets."""


async def whole(connection: EndpointConnection) -> None:
    """Answers each request with BODY, and with how much of a body it got in a header."""
    while True:
        head = await connection.head()
        length = next(
            (int(line[16:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        got = await connection.body(length)
        connection.send(respond(BODY, extra=b"X-Got: %d\r\n" % len(got)))


class Elapsed:
    """The seconds that passed since it was made, on the loop's clock."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._begun_s = self._loop.time()

    def seconds(self) -> float:
        return self._loop.time() - self._begun_s


def connections(weir: Gateway) -> list[Downstream]:
    return list(weir.service.listeners[weir.key].connections)


async def served(weir: Gateway, more: str = "") -> RawClient:
    serve_policy(weir, f"bandwidth: {{perConnection: {RATE}}}{more}")
    return await weir.client()


async def test_answers_come_no_faster_than_the_bound_and_whole() -> None:
    async with ScriptedEndpoint(whole) as endpoint, gateway(endpoint) as weir:
        client = await served(weir)
        elapsed = Elapsed()
        for _ in range(4):
            status, _, body = await client.ask(GET)
            assert (status, body) == (200, BODY)
        # Two seconds' octets, less the head room and the last read, which nobody waits for.
        assert elapsed.seconds() > 1.5
        # Both connections are kept: what one exchange owes, the next of its connection waits for.
        assert endpoint.connections == 1


async def test_bodies_are_taken_no_faster_than_the_bound_and_whole() -> None:
    async with ScriptedEndpoint(whole) as endpoint, gateway(endpoint) as weir:
        client = await served(weir)
        elapsed = Elapsed()
        length = 4 * len(BODY)
        head = b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\n" % length
        status, fields, _ = await client.ask(head + 4 * BODY)
        assert (status, fields[b"x-got"]) == (200, b"%d" % length)
        assert elapsed.seconds() > 1.5


async def test_connections_have_bounds_of_their_own_and_keep_them_over_exchanges() -> None:
    async with ScriptedEndpoint(whole) as endpoint, gateway(endpoint) as weir:
        first = await served(weir)
        await first.ask(GET)
        kept = weir.connection().gates
        await first.ask(GET)
        assert weir.connection().gates is kept is not None
        await (await weir.client()).ask(GET)
        assert len({id(each.gates) for each in connections(weir)}) == 2


@pytest.mark.parametrize("ending", ["client", "endpoint"])
async def test_an_exchange_that_ends_while_it_is_held_leaves_nothing_behind(ending: str) -> None:
    async def cut(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(4 * RATE))
        if ending == "client":
            await connection.reader.read()
        else:
            connection.close()

    async with ScriptedEndpoint(cut) as endpoint, gateway(endpoint) as weir:
        client = await served(weir)
        client.send(GET)
        await client.reader.readexactly(RATE // 4)
        if ending == "client":
            client.reset()
        else:
            await client.rest()
        await until(lambda: not connections(weir))
        assert weir.answered("2xx") == 1
