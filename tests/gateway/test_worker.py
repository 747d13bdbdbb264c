"""Tests of a worker at the other end of its channel."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from config.resources.weir import WeirSpec
from config.snapshot import BoundRule, Listener, Match, PathMatch, Port, Rule, RuleName, Snapshot
from gateway import ipc
from gateway.parcel import Contents, pack
from gateway.rate_limits.segment import LimitLayout, LimitSegment
from gateway.telemetry.segment import Layout, Segment
from gateway.telemetry.series import SeriesTable
from gateway.worker import Worker

LAYOUT = Layout(1, 10, (1.0,))
LIMITS = LimitLayout(1, 128)
RULE = BoundRule(("*",), Rule(RuleName("HTTPRoute", "d", "r", 0), (Match(PathMatch("Exact", "/")),), (), ()))
SPEC = WeirSpec.model_validate({"telemetry": {"accessLog": {"path": "off"}}})


class Orders:
    """The supervisor's end of a worker's channel, with a port that listens; started, but not configured."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.heard: asyncio.Queue[ipc.Message] = asyncio.Queue()
        self.worker = Worker(theirs)
        self.channel = ipc.Channel(ours, self._hear, lambda: None)
        self.segment, self.limits = Segment(LAYOUT), LimitSegment(LIMITS)
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = Port("127.0.0.1", self.sock.getsockname()[1], "HTTP", (Listener("d/g/http", "*", ()),))
        descriptors = [self.segment.descriptor, self.limits.descriptor]
        self.channel.send(ipc.Start(0, LAYOUT, LIMITS, SPEC, 1024, bytes(64)), descriptors)

    def _hear(self, message: ipc.Message, _: Sequence[int]) -> None:
        self.heard.put_nowait(message)

    def configure(self, generation: int, packed: bytes | None = None) -> None:
        self.channel.send(ipc.Configure(generation, packed or pack(self.contents(generation))))

    def contents(self, generation: int, *rules: BoundRule) -> Contents:
        listener = Listener("d/g/http", "*", rules)
        snapshot = Snapshot(generation, "", SPEC, (replace(self.port, listeners=(listener,)),), {}, ())
        return Contents(snapshot, SeriesTable(LAYOUT).assign(snapshot))

    def serve(self) -> None:
        self.channel.send(ipc.Serve(self.port.key), [self.sock.fileno()])

    async def described(self) -> ipc.Described:
        self.channel.send(ipc.Describe(9))
        found = await self.heard.get()
        assert isinstance(found, ipc.Described)
        return found

    async def close(self) -> None:
        await self.worker.close()
        self.channel.close()
        self.segment.close()
        self.sock.close()


@pytest.fixture
async def orders() -> AsyncIterator[Orders]:
    made = Orders()
    yield made
    await made.close()


async def test_does_as_it_is_told_and_answers(orders: Orders) -> None:
    orders.configure(3)
    orders.serve()
    assert await orders.heard.get() == ipc.Applied(3)
    reader, writer = await asyncio.open_connection("127.0.0.1", orders.port.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 404")
    writer.close()
    described = await orders.described()
    assert (described.number, described.description["generation"]) == (9, 3)
    orders.channel.send(ipc.Drain(1.0))
    assert await orders.heard.get() == ipc.Drained(complete=True)
    await orders.worker.ended.wait()


async def test_orders_that_build_on_a_configuration_wait_for_it_and_a_broken_one_is_reported(orders: Orders) -> None:
    orders.configure(1)
    orders.serve()
    orders.configure(2, b"no pickle")
    orders.configure(3)
    orders.channel.send(ipc.StopListening(orders.port.key, 0.0))
    answers = [await orders.heard.get() for _ in range(3)]
    assert [(each.generation, bool(each.problem)) for each in answers if isinstance(each, ipc.Applied)] == [
        (1, False),
        (2, True),
        (3, False),
    ]
    assert (await orders.described()).description["listeners"] == {}


async def test_configurations_build_on_each_other_and_one_that_builds_on_another_is_refused(orders: Orders) -> None:
    one, two, three, four = (orders.contents(generation, RULE) for generation in (1, 2, 3, 4))
    for generation, packed in ((1, pack(one)), (2, pack(two, one)), (4, pack(four, three)), (3, pack(three, two))):
        orders.configure(generation, packed)
    answers = [await orders.heard.get() for _ in range(4)]
    assert [(each.generation, each.problem) for each in answers if isinstance(each, ipc.Applied)] == [
        (1, ""),
        (2, ""),
        (4, "OtherBase: it builds on generation 3, and this worker holds 2"),
        (3, ""),
    ]


async def test_ends_when_its_supervisor_goes_before_it_was_told_anything() -> None:
    ours, theirs = socket.socketpair()
    worker = Worker(theirs)
    ours.close()
    await worker.ended.wait()
    await worker.close()
