"""Accepting within the limits."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.support.data_path import gateway
from tests.support.wire import RawClient, ScriptedEndpoint, answering

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


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


async def test_a_drain_serves_those_who_wait_in_the_kernels_queue_and_refuses_the_rest() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        queued = []
        for _ in range(3):
            # The loop does not turn meanwhile: the kernel has let them in, and nobody has accepted them.
            sock = socket.create_connection(("127.0.0.1", weir.port))
            sock.sendall(GET)
            queued.append(sock)
        draining = asyncio.create_task(weir.service.drain(5))
        for sock in queued:
            sock.setblocking(False)
            client = RawClient(*await asyncio.open_connection(sock=sock))
            status, fields, _ = await client.answer()
            assert (status, fields[b"connection"]) == (200, b"close")
            client.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", weir.port)
        assert await draining


async def test_an_idle_connection_may_ask_once_more_while_the_gateway_drains() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        asks, rests = await weir.client(), await weir.client()
        for client in (asks, rests):
            assert (await client.ask(GET))[0] == 200
        draining = asyncio.create_task(weir.service.drain(5))
        await asyncio.sleep(0)
        status, fields, _ = await asks.ask(GET)
        assert (status, fields[b"connection"]) == (200, b"close")
        assert await rests.rest() == b""
        assert await draining


async def test_a_drain_with_little_time_is_complete_when_only_idle_connections_are_left() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[0] == 200
        assert await weir.service.drain(0.2)
        assert await client.rest() == b""
