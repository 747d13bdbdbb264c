"""Both ends of the wire for data path tests: a scripted endpoint and a raw client, on real sockets, byte by byte."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from types import TracebackType

Handler = Callable[["EndpointConnection"], Awaitable[None]]


class EndpointConnection:
    """One connection that Weir opened to a scripted endpoint; `number` counts them from 0."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader = reader
        self.writer = writer
        self.number = number

    async def head(self) -> bytes:
        """The next request head, with its blank line."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def body(self, length: int) -> bytes:
        return await self.reader.readexactly(length)

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def reset(self) -> None:
        """Break the connection off with a reset."""
        self.writer.transport.abort()

    def close(self) -> None:
        self.writer.close()


class ScriptedEndpoint:
    """A TCP server on `port` of loopback, or a free one, that runs `handler` for each connection."""

    def __init__(self, handler: Handler, port: int = 0) -> None:
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.connections = 0
        self.port = port

    async def __aenter__(self) -> ScriptedEndpoint:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=1 << 22)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.append(writer)
        number, self.connections = self.connections, self.connections + 1
        try:
            await self._handler(EndpointConnection(reader, writer, number))
        except (asyncio.IncompleteReadError, ConnectionError):
            # Weir closed: what a script that reads in a loop meets at its end.
            pass
        except asyncio.CancelledError:
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)


class RawClient:
    """A client that writes bytes and reads bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int) -> RawClient:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        return cls(reader, writer)

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def head(self) -> bytes:
        """The next answer's head."""
        return await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)

    async def answer(self) -> tuple[int, dict[bytes, bytes], bytes]:
        """Status, fields (names lower-case, the last of a name) and body of the next answer."""
        head = await self.head()
        lines = head[:-4].split(b"\r\n")
        status = int(lines[0].split(b" ")[1])
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        if status < 200 or status in (204, 304):
            return status, fields, b""
        if b"content-length" in fields:
            body = await asyncio.wait_for(self.reader.readexactly(int(fields[b"content-length"])), 10)
        elif fields.get(b"transfer-encoding") == b"chunked":
            body = await self.chunked()
        else:
            body = await self.rest()
        return status, fields, body

    async def chunked(self) -> bytes:
        """A chunked body up to its last chunk and trailers."""
        parts = []
        while True:
            size = int((await asyncio.wait_for(self.reader.readuntil(b"\r\n"), 10)).strip(), 16)
            if not size:
                break
            parts.append(await self.reader.readexactly(size))
            await self.reader.readexactly(2)
        while await self.reader.readuntil(b"\r\n") != b"\r\n":
            pass
        return b"".join(parts)

    async def rest(self) -> bytes:
        """All up to the end of the connection."""
        return await asyncio.wait_for(self.reader.read(), 10)

    async def ask(self, data: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
        self.send(data)
        return await self.answer()

    def reset(self) -> None:
        """Break the connection off with a reset."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def close(self) -> None:
        self.writer.close()


def respond(body: bytes = b"ok", *, status: bytes = b"200 OK", extra: bytes = b"") -> bytes:
    """A small answer with a length."""
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n%b" % (status, len(body), extra, body)


async def answering(connection: EndpointConnection) -> None:
    """An endpoint that answers every bodiless request with `ok`."""
    while True:
        await connection.head()
        connection.send(respond())
