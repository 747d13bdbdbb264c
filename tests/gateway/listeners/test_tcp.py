"""Accepting within the limits."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import pytest

from gateway.telemetry import metrics
from tests.support.data_path import gateway
from tests.support.descriptors import all_descriptors_taken
from tests.support.waiting import until
from tests.support.wire import RawClient, ScriptedEndpoint, answering

ROOT = Path(__file__).resolve().parents[3]
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


async def test_a_port_that_found_no_descriptor_free_accepts_once_there_is_one() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        listener = weir.service.listeners[weir.key]
        client = await weir.client()
        await until(lambda: weir.service.connection_count == 1)
        client.close()
        await until(lambda: weir.service.connection_count == 0)
        listener.pause()
        waiting = await weir.client()
        with all_descriptors_taken():
            listener.start()
            await until(lambda: weir.count(metrics.ACCEPT_PAUSES) >= 3)
            assert listener.accepting
            assert weir.service.connection_count == 0
        assert (await waiting.ask(GET))[0] == 200


async def test_a_port_that_waits_for_a_descriptor_can_be_paused_and_drained() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        listener = weir.service.listeners[weir.key]
        listener.pause()
        await weir.client()
        with all_descriptors_taken():
            listener.start()
            await until(lambda: weir.count(metrics.ACCEPT_PAUSES) >= 2)
            listener.pause()
            assert not listener.accepting
            listener.start()
            await until(lambda: weir.count(metrics.ACCEPT_PAUSES) >= 4)
            listener.drain()
        assert not listener.accepting
        assert weir.service.connection_count == 0


async def test_clients_past_what_descriptors_allow_wait_without_a_spin_and_are_served() -> None:
    """A process of its own, with 128 descriptors and more clients than they are enough for."""
    async with ScriptedEndpoint(answering) as endpoint:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.small_gateway", str(endpoint.port),
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdin is not None and child.stdout is not None
        port = int(await child.stdout.readline())

        async def cpu_s() -> float:
            assert child.stdin is not None and child.stdout is not None
            child.stdin.write(b"?\n")
            return float(await child.stdout.readline())

        clients = [await RawClient.connect(port) for _ in range(200)]
        for client in clients:
            client.send(GET)
        answers = [asyncio.create_task(client.answer()) for client in clients]
        await until(lambda: any(answer.done() for answer in answers))
        before_s = await cpu_s()
        await asyncio.sleep(1.0)
        assert await cpu_s() - before_s < 0.5, "it spins"
        assert not all(answer.done() for answer in answers)
        left = set(range(len(clients)))
        while left:
            done = {number for number in left if answers[number].done()}
            for number in done:
                assert answers[number].result()[0] == 200
                clients[number].close()
            left -= done
            if left:
                await asyncio.wait([answers[number] for number in left], return_when=asyncio.FIRST_COMPLETED)
        child.stdin.close()
        assert await child.wait() == 0


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
