"""HTTP/1.1 endpoints in the test's own loop, many and light: each answers with its name and can leave in order."""

from __future__ import annotations

import asyncio
import socket
from types import TracebackType
from typing import Self, cast

LEAVE_S = 10.0


class _Connection(asyncio.Protocol):
    def __init__(self, endpoint: FleetEndpoint) -> None:
        self._endpoint = endpoint
        self._data = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._endpoint.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._endpoint.lost(self)

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (size := _message_bytes(self._data)) is not None:
            self._data = self._data[size:]
            self.transport.write(self._endpoint.answer())
            if self._endpoint.leaving:
                self.transport.close()
                return


def _message_bytes(data: bytes) -> int | None:
    """The size of the first whole request in `data`, which has a Content-Length or no body."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    size = end + 4
    found = data[:end].lower().find(b"\r\ncontent-length:")
    if found >= 0:
        size += int(data[found + 17 : end].split(b"\r\n", 1)[0])
    return size if len(data) >= size else None


class FleetEndpoint:
    """One endpoint on a free port; `requests` counts what it answered, `connected` who is connected now."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.port = 0
        self.requests = 0
        self.leaving = False
        self.asked = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None
        self._connections: set[_Connection] = set()
        self._alone = asyncio.Event()

    @property
    def connected(self) -> int:
        return len(self._connections)

    async def start(self) -> Self:
        """Listen, on the same port as before where it was dead."""
        self._release()
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def leave(self) -> None:
        """End as a rolling release does, once nobody is to be sent here any more.

        What still comes is answered with `Connection: close`, until every client has let go of its connections.
        Raises TimeoutError where one does not.
        """
        self.leaving = True
        if self._connections:
            self._alone.clear()
            await asyncio.wait_for(self._alone.wait(), LEAVE_S)
        self.die()
        self._release()

    def die(self) -> None:
        """End without a word: connections break off, and new ones are refused; the port stays ours."""
        if self._server is not None:
            self._server.close()
            self._server = None
            # Bound and not listened on: nobody else gets the port, and connecting to it is refused.
            self._held = socket.socket()
            self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._held.bind(("127.0.0.1", self.port))
        for connection in tuple(self._connections):
            connection.transport.abort()

    def _release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def opened(self, connection: _Connection) -> None:
        self._connections.add(connection)

    def lost(self, connection: _Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._alone.set()

    def answer(self) -> bytes:
        self.requests += 1
        self.asked.set()
        body = self.name.encode()
        close = b"Connection: close\r\n" if self.leaving else b""
        return b"HTTP/1.1 200 OK\r\nX-Endpoint: %b\r\n%bContent-Length: %d\r\n\r\n%b" % (body, close, len(body), body)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.die()
        self._release()
