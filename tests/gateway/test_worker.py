"""Tests of a worker at the other end of its channel."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from config.resources.weir import WeirSpec
from config.snapshot import Listener, Port, Snapshot
from gateway import ipc
from gateway.telemetry.segment import Layout, Segment
from gateway.telemetry.series import SeriesTable
from gateway.worker import Worker

LAYOUT = Layout(1, 10, (1.0,))
SPEC = WeirSpec.model_validate({"telemetry": {"accessLog": {"path": "off"}}})


async def test_does_as_it_is_told_and_answers() -> None:
    ours, theirs = socket.socketpair()
    heard: asyncio.Queue[ipc.Message] = asyncio.Queue()

    def hear(message: ipc.Message, _: Sequence[int]) -> None:
        heard.put_nowait(message)

    worker = Worker(theirs)
    channel = ipc.Channel(ours, hear, lambda: None)
    segment = Segment(LAYOUT)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = Port("127.0.0.1", sock.getsockname()[1], "HTTP", (Listener("d/g/http", "*", ()),))
        snapshot = Snapshot(3, "", SPEC, (port,), {}, ())
        channel.send(ipc.Start(0, LAYOUT, SPEC, 1024), [segment.descriptor])
        channel.send(ipc.Configure(snapshot.generation, ipc.pack(snapshot), SeriesTable(LAYOUT).assign(snapshot)))
        channel.send(ipc.Serve(port.key), [sock.fileno()])
        assert await heard.get() == ipc.Applied(3)
        reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 404")
        writer.close()
        channel.send(ipc.Describe(9))
        assert isinstance(described := await heard.get(), ipc.Described)
        assert (described.number, described.description["generation"]) == (9, 3)
        channel.send(ipc.Drain(1.0))
        assert await heard.get() == ipc.Drained(complete=True)
        await worker.ended.wait()
    await worker.close()
    channel.close()
    segment.close()


async def test_orders_that_build_on_a_configuration_wait_for_it_and_a_broken_one_is_reported() -> None:
    ours, theirs = socket.socketpair()
    heard: asyncio.Queue[ipc.Message] = asyncio.Queue()
    worker = Worker(theirs)
    channel = ipc.Channel(ours, lambda message, _: heard.put_nowait(message), lambda: None)
    segment = Segment(LAYOUT)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = Port("127.0.0.1", sock.getsockname()[1], "HTTP", (Listener("d/g/http", "*", ()),))
        first, second = (Snapshot(generation, "", SPEC, (port,), {}, ()) for generation in (1, 3))
        series = SeriesTable(LAYOUT).assign(first)
        channel.send(ipc.Start(0, LAYOUT, SPEC, 1024), [segment.descriptor])
        channel.send(ipc.Configure(1, ipc.pack(first), series))
        channel.send(ipc.Serve(port.key), [sock.fileno()])
        channel.send(ipc.Configure(2, b"no pickle", series))
        channel.send(ipc.Configure(3, ipc.pack(second), series))
        channel.send(ipc.StopListening(port.key, 0.0))
        answers = [await heard.get() for _ in range(3)]
        assert [(each.generation, bool(each.problem)) for each in answers if isinstance(each, ipc.Applied)] == [
            (1, False),
            (2, True),
            (3, False),
        ]
        channel.send(ipc.Describe(1))
        assert isinstance(described := await heard.get(), ipc.Described)
        assert described.description["listeners"] == {}
    await worker.close()
    channel.close()
    segment.close()


async def test_ends_when_its_supervisor_goes_before_it_was_told_anything() -> None:
    ours, theirs = socket.socketpair()
    worker = Worker(theirs)
    ours.close()
    await worker.ended.wait()
    await worker.close()
