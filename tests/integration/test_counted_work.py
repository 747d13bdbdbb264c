"""What a request costs, in things that can be counted: system calls, allocations, connections. Never in time."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
import uvloop

from config.pure_mode import is_pure
from tests.support.allocations import Allocations
from tests.support.data_path import Gateway, gateway
from tests.support.fleet import FleetEndpoint
from tests.support.peer_process import Peers, peers
from tests.support.system_calls import Call, SystemCalls, others, reads, waits, writes
from tests.support.weir_process import WeirProcess, resource, route_to, static_backend
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond

REQUESTS = 200
FEW = REQUESTS // 10
"""What may happen besides, from timers of the process: not once per request."""
HTTP = "HTTP/1.1"
"""What a read or a write of a head shows: others are of the process's own descriptors, as those that wake its loop."""
MARKS = ("/begin", "/end")
REDIRECT = resource(
    "HTTPRoute",
    "moved",
    {
        "parentRefs": [{"name": "edge"}],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/moved"}}],
                "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "other.example"}}],
            }
        ],
    },
    "gateway.networking.k8s.io/v1",
)


def get(path: str) -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: a.example\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n" % path.encode()


def post(path: str, body: bytes) -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body)


async def counted(
    folder: Path, endpoint_port: int, batches: Sequence[bytes], answers_each: int = 1, status: int = 200
) -> Sequence[Call]:
    """The calls of a gateway from its read of one GET to that of the next, with `batches` asked between them."""
    (folder / "weir").mkdir()
    trace = SystemCalls(folder / "trace")
    resources = (static_backend("b", endpoint_port), route_to("b"), REDIRECT)
    with WeirProcess(folder / "weir", *resources, under=trace.command) as weir:
        client = await RawClient.connect(weir.port)
        for _ in range(20):
            await client.ask(get("/warm"))
        assert (await client.ask(get(MARKS[0])))[0] == 200
        for batch in batches:
            client.send(batch)
            for _ in range(answers_each):
                assert (await client.answer())[0] == status
        assert (await client.ask(get(MARKS[1])))[0] == 200
        client.close()
        assert weir.stop() == 0
    return trace.between(*MARKS)


async def test_a_small_request_is_two_reads_and_two_writes(tmp_path: Path) -> None:
    async with FleetEndpoint("e") as endpoint:
        calls = await counted(tmp_path, endpoint.port, [get("/small")] * REQUESTS)
    # Behind the read of the first mark come its request to the endpoint, the read of its answer, and its answer.
    assert reads(calls, HTTP) == 2 * REQUESTS + 1
    assert writes(calls, HTTP) == 2 * REQUESTS + 2
    assert reads(calls) + writes(calls) <= 4 * REQUESTS + FEW
    # For each of two events the loop waits, and asks the transport's own set what it was, at times once more.
    assert waits(calls) <= 4 * REQUESTS + FEW
    assert others(calls).total() <= FEW, others(calls)


async def test_a_small_body_goes_with_its_head(tmp_path: Path) -> None:
    async with FleetEndpoint("e") as endpoint:
        calls = await counted(tmp_path, endpoint.port, [post("/small", b"x" * 1000)] * REQUESTS)
    assert reads(calls, HTTP) == 2 * REQUESTS + 1
    assert writes(calls, HTTP) == 2 * REQUESTS + 2
    assert reads(calls) + writes(calls) <= 4 * REQUESTS + FEW


async def test_an_answer_of_16_kib_is_one_write(tmp_path: Path) -> None:
    async def answer(connection: EndpointConnection) -> None:
        while True:
            await connection.head()
            connection.send(respond(b"x" * 16_384))

    async with ScriptedEndpoint(answer) as endpoint:
        calls = await counted(tmp_path, endpoint.port, [get("/16k")] * REQUESTS)
    assert writes(calls, "HTTP/1.1 200 OK") == REQUESTS + 1
    assert writes(calls) <= 2 * REQUESTS + 2 + FEW


async def test_pipelined_requests_are_one_read(tmp_path: Path) -> None:
    async with FleetEndpoint("e") as endpoint:
        calls = await counted(tmp_path, endpoint.port, [get("/p") * 10] * FEW, answers_each=10)
    assert reads(calls, HTTP) == 10 * FEW + FEW + 1
    assert writes(calls, HTTP) <= 2 * 10 * FEW + 2


async def test_answers_to_pipelined_requests_that_are_there_at_once_are_one_write(tmp_path: Path) -> None:
    async with FleetEndpoint("e") as endpoint:
        calls = await counted(tmp_path, endpoint.port, [get("/moved") * 10] * FEW, answers_each=10, status=302)
    assert reads(calls, HTTP) == FEW + 1
    assert writes(calls, HTTP) == FEW + 2


async def test_clients_share_connections_to_endpoints() -> None:
    opened: list[int] = []

    async def answer(connection: EndpointConnection) -> None:
        opened.append(connection.number)
        while True:
            await connection.head()
            connection.send(respond())

    async with ScriptedEndpoint(answer) as endpoint, gateway(endpoint) as weir:
        for _ in range(50):
            client = await weir.client()
            assert (await client.ask(get("/")))[0] == 200
            client.close()
        assert len(opened) == 1
        clients = [await weir.client() for _ in range(8)]
        for _ in range(25):
            for status, _, _ in await asyncio.gather(*(client.ask(get("/")) for client in clients)):
                assert status == 200
        assert len(opened) <= len(clients)


ALLOCATIONS = 75
"""Blocks of memory that one small request may take, compiled; each is one to three hundred instructions."""


@pytest.fixture
def allocations(tmp_path: Path) -> Allocations:
    return Allocations(tmp_path)


async def ask(peer: Peers, weir: Gateway, count: int) -> None:
    await peer.ask(weir.port, count)


def test_a_small_request_makes_few_objects(allocations: Allocations) -> None:
    async def measure() -> float:
        async with peers() as peer, gateway(cast("ScriptedEndpoint", peer)) as weir:
            await ask(peer, weir, REQUESTS)
            with allocations:
                counts = [allocations.count]
                for count in (REQUESTS, 3 * REQUESTS):
                    await ask(peer, weir, count)
                    counts.append(allocations.count)
        # The difference of two runs is free of what the test itself does for each.
        return ((counts[2] - counts[1]) - (counts[1] - counts[0])) / (2 * REQUESTS)

    made = uvloop.run(measure())
    assert made > 1
    # Uncompiled, each number and each bound method is an object too.
    assert made <= ALLOCATIONS * (5 if is_pure() else 1)


def test_a_request_leaves_nothing_behind_and_no_cycle_to_collect() -> None:
    async def measure() -> tuple[int, int, int]:
        async with peers() as peer, gateway(cast("ScriptedEndpoint", peer)) as weir:
            await ask(peer, weir, REQUESTS)
            gc.collect()
            gc.disable()
            try:
                blocks, objects = sys.getallocatedblocks(), len(gc.get_objects())
                await ask(peer, weir, 5 * REQUESTS)
                cycles = gc.collect()
                return sys.getallocatedblocks() - blocks, len(gc.get_objects()) - objects, cycles
            finally:
                gc.enable()

    blocks, objects, cycles = uvloop.run(measure())
    assert cycles <= FEW
    assert objects <= FEW
    assert blocks <= REQUESTS
