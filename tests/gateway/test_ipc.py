"""Tests of the channel between supervisor and worker."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence

from discovery.endpoint import Endpoint, EndpointSet
from gateway import ipc


class End:
    def __init__(self, sock: socket.socket) -> None:
        self.heard: asyncio.Queue[tuple[ipc.Message, Sequence[int]]] = asyncio.Queue()
        self.closed = asyncio.Event()
        self.channel = ipc.Channel(sock, lambda message, fds: self.heard.put_nowait((message, fds)), self.closed.set)


def ends() -> tuple[End, End]:
    ours, theirs = socket.socketpair()
    return End(ours), End(theirs)


async def test_messages_arrive_in_order_with_their_descriptors() -> None:
    one, other = ends()
    read, write = os.pipe()
    one.channel.send(ipc.ReopenLogs())
    one.channel.send(ipc.Serve("a"), [write])
    one.channel.send(ipc.Serve("b"), [read])
    os.close(write)
    assert await other.heard.get() == (ipc.ReopenLogs(), [])
    message, (written,) = await other.heard.get()
    assert message == ipc.Serve("a")
    os.write(written, b"x")
    message, (also_read,) = await other.heard.get()
    assert message == ipc.Serve("b")
    assert os.read(also_read, 1) == b"x"
    for descriptor in (read, written, also_read):
        os.close(descriptor)
    one.channel.close()
    other.channel.close()


async def test_a_message_larger_than_the_buffers_of_the_kernel_arrives_whole() -> None:
    one, other = ends()
    view = EndpointSet("d/b", tuple(Endpoint(f"id-{n}", "10.0.0.1", 80) for n in range(50_000)), "static", 0.0)
    one.channel.send(ipc.Endpoints(view))
    message, _ = await other.heard.get()
    assert message == ipc.Endpoints(view)
    await one.channel.flushed()
    one.channel.close()
    other.channel.close()


async def test_the_end_of_the_other_side_is_told_once() -> None:
    one, other = ends()
    one.channel.close()
    await other.closed.wait()
    other.channel.send(ipc.ReopenLogs())
    other.channel.close()
