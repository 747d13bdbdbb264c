"""TCP connections of Weir's end for the contract tests: the same owner on uvloop's transport and on the poller's."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from typing import cast

from gateway.transport.poller import Poller
from gateway.transport.stream import StreamTransport, open_stream
from tests.support.waiting import until

KINDS = ("uvloop", "poller", "poller with a small buffer and full batches")

PEER_BUFFER_BYTES = 64 * 1024


class Owner(asyncio.Protocol):
    """Writes down what its transport tells, in order: ("data", bytes), ("eof",), ("lost", error), ("pause",) ..."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.transport: asyncio.Transport
        self.stays_after_eof = False
        self.on_made: Callable[[], None] = lambda: None
        self.on_data: Callable[[bytes], None] = lambda data: None
        self.on_eof: Callable[[], None] = lambda: None
        self.on_lost: Callable[[], None] = lambda: None
        self.on_pause: Callable[[], None] = lambda: None
        self.on_resume: Callable[[], None] = lambda: None

    @property
    def data(self) -> bytes:
        """All octets that came."""
        return b"".join(cast(bytes, call[1]) for call in self.calls if call[0] == "data")

    @property
    def names(self) -> list[object]:
        """The calls, data that came in several pieces counted as one."""
        names = [call[0] for call in self.calls]
        return [name for i, name in enumerate(names) if not (name == "data" and i and names[i - 1] == "data")]

    @property
    def lost(self) -> bool:
        return any(call[0] == "lost" for call in self.calls)

    @property
    def outcome(self) -> object:
        """What `connection_lost` was given; it was called once."""
        (outcome,) = (call[1] for call in self.calls if call[0] == "lost")
        return outcome

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.calls.append(("made",))
        self.on_made()

    def data_received(self, data: bytes) -> None:
        self.calls.append(("data", data))
        self.on_data(data)

    def eof_received(self) -> bool:
        self.calls.append(("eof",))
        self.on_eof()
        return self.stays_after_eof

    def connection_lost(self, exc: Exception | None) -> None:
        self.calls.append(("lost", exc))
        self.on_lost()

    def pause_writing(self) -> None:
        self.calls.append(("pause",))
        self.on_pause()

    def resume_writing(self) -> None:
        self.calls.append(("resume",))
        self.on_resume()


class Wires:
    """Makes connections of one kind over loopback; `defects` is what reached the loop's handler."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.loop = asyncio.get_running_loop()
        self.poller = Poller(self.loop, 4096, 0) if "small" in kind else Poller(self.loop)
        self.defects: list[dict[str, object]] = []
        self.loop.set_exception_handler(lambda _, context: self.defects.append(context))
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._peers: list[socket.socket] = []
        self._owners: list[Owner] = []

    def sockets(self) -> tuple[socket.socket, socket.socket]:
        """Both ends of a connection: Weir's, and the peer's, which blocks for 10 seconds at most."""
        peer = socket.create_connection(self._listening.getsockname(), 10)
        # A kernel that may take as much as it likes takes all that a test writes, now and then.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PEER_BUFFER_BYTES)
        self._peers.append(peer)
        ours, _ = self._listening.accept()
        ours.setblocking(False)
        return ours, peer

    async def open(self, owner: Owner | None = None) -> tuple[Owner, socket.socket]:
        """A connection with its owner; returns the peer's end with it."""
        owner = owner or Owner()
        self._owners.append(owner)
        ours, peer = self.sockets()
        if self.kind == "uvloop":
            await self.loop.connect_accepted_socket(lambda: owner, ours)
        else:
            open_stream(self.poller, ours.detach(), owner)
        return owner, peer

    async def close(self) -> None:
        for peer in self._peers:
            peer.close()
        self._listening.close()
        transports = [owner.transport for owner in self._owners]
        for transport in transports:
            transport.abort()
        # Nobody owns a connection that is gone.
        await until(lambda: all(transport.get_protocol() is None for transport in transports))
        self.poller.close()
        await asyncio.sleep(0)
        assert self.poller.count == 0


@contextlib.asynccontextmanager
async def wires(kind: str) -> AsyncIterator[Wires]:
    """`Wires` that are closed at the end, and whose owners failed nowhere unless the test took `defects` out."""
    made = Wires(kind)
    try:
        yield made
    finally:
        await made.close()
    assert not made.defects


def stream(owner: Owner) -> StreamTransport:
    """The owner's transport, where it is one of the poller's."""
    assert isinstance(owner.transport, StreamTransport)
    return owner.transport


def reset(peer: socket.socket) -> None:
    """Break the connection off with a reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


async def read_all(peer: socket.socket) -> bytes:
    """What comes until the end."""
    return await asyncio.to_thread(_read_all, peer)


def _read_all(peer: socket.socket) -> bytes:
    parts = []
    while part := peer.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


async def read(peer: socket.socket, count: int) -> bytes:
    """The next `count` octets."""
    return await asyncio.to_thread(_read, peer, count)


def _read(peer: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = peer.recv(min(count, 1 << 16))
        assert part, "the connection ended early"
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


async def turns(number: int = 3) -> None:
    """Let the loop turn so often: what was due has happened then."""
    for _ in range(number):
        await asyncio.sleep(0)
