"""The mixed traffic of the soak: what its endpoints serve, and clients of nine kinds that check all that they get."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from tests.support.wire import EndpointConnection, RawClient, respond

SMALL = b"x" * 60
LARGE_BYTES = 1 << 20
BODY_BYTES = 64 << 10
BLOCK = bytes(range(256)) * 64
PIPELINED = 8
FAILURES_KEPT = 20


def pattern(length: int) -> bytes:
    """A body of `length` octets that is never the same shifted."""
    return (BLOCK * (length // len(BLOCK) + 1))[:length]


LARGE = pattern(LARGE_BYTES)
BODY = pattern(BODY_BYTES)


def chunked(body: bytes, size: int = 5000) -> bytes:
    """`body` in chunks of `size`, the last one with a trailer."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\nx-sum: 1\r\n\r\n"


async def serve(connection: EndpointConnection) -> None:
    """One connection of an endpoint: the path says what is answered; a body is answered with its length and CRC."""
    while True:
        head = await connection.head()
        path = head.split(b" ", 2)[1]
        lowered = head.lower()
        if b"\r\ntransfer-encoding: chunked" in lowered:
            body = await RawClient(connection.reader, connection.writer).chunked()
            connection.send(respond(told(body)))
        elif (at := lowered.find(b"\r\ncontent-length:")) >= 0:
            body = await connection.body(int(lowered[at + 17 : lowered.index(b"\r\n", at + 2)]))
            connection.send(respond(told(body)))
        elif path == b"/large":
            connection.send(respond(LARGE))
        elif path == b"/chunked":
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(BODY))
        elif path == b"/upgrade":
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            while data := await connection.reader.read(1 << 16):
                connection.send(data)
            return
        else:
            connection.send(respond(SMALL))
        await connection.writer.drain()


def told(body: bytes) -> bytes:
    """What an endpoint answers to a body."""
    return b"%d %08x" % (len(body), zlib.crc32(body))


def request(path: bytes, fields: bytes = b"", body: bytes = b"", method: bytes = b"GET") -> bytes:
    return b"%b %b HTTP/1.1\r\nHost: soak.example\r\nUser-Agent: soak\r\n%b\r\n%b" % (method, path, fields, body)


POST = request(b"/post", b"Content-Length: %d\r\n" % len(BODY), BODY, b"POST")
POST_CHUNKED = request(b"/post", b"Transfer-Encoding: chunked\r\n", chunked(BODY), b"POST")


class Traffic:
    """Clients of all kinds on a port, while entered; `answered` by kind, `failures` those that got anything else."""

    def __init__(self, port: int, *, clients_each: int = 2) -> None:
        self._port = port
        self._clients_each = clients_each
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self.answered: Counter[str] = Counter()
        self.failure_count = 0
        self.failures: list[str] = []
        """The first of them, in words."""

    async def __aenter__(self) -> Self:
        kinds: dict[str, Callable[[RawClient], Awaitable[None]]] = {
            "small": self._small,
            "large": self._large,
            "chunked": self._chunked,
            "post": self._post,
            "post chunked": self._post_chunked,
            "pipelined": self._pipelined,
            "new connection": self._small,
            "aborted": self._aborted,
            "upgraded": self._upgraded,
        }
        self._tasks = [
            asyncio.create_task(self._client(kind, exchange), name=f"{kind} {number}")
            for kind, exchange in kinds.items()
            for number in range(self._clients_each)
        ]
        return self

    async def stop(self) -> None:
        """Let every client end its exchange, and wait for that."""
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _client(self, kind: str, exchange: Callable[[RawClient], Awaitable[None]]) -> None:
        client: RawClient | None = None
        once = kind in ("new connection", "aborted", "upgraded")
        try:
            while True:
                try:
                    if client is None:
                        client = await RawClient.connect(self._port)
                    await exchange(client)
                    self.answered[kind] += 1
                except (OSError, AssertionError, asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
                    self._fail(kind, error)
                    once_more = True
                else:
                    once_more = once
                if once_more and client is not None:
                    await self._close(client)
                    client = None
                if self._stopping:
                    # Behind the first exchange: each client asks once at least, however early it is told to end.
                    return
        finally:
            if client is not None:
                client.close()

    def _fail(self, kind: str, error: Exception) -> None:
        self.failure_count += 1
        if len(self.failures) < FAILURES_KEPT:
            self.failures.append(f"{kind}: {type(error).__name__}: {str(error)[:200]}")

    async def _close(self, client: RawClient) -> None:
        client.close()
        with contextlib.suppress(OSError):
            await client.writer.wait_closed()

    async def _expect(self, client: RawClient, sent: bytes, body: bytes) -> None:
        status, _, received = await client.ask(sent)
        assert status == 200, f"status {status}: {received[:100]!r}"
        assert received == body, f"{len(received)} octets of {len(body)}, or others"

    async def _small(self, client: RawClient) -> None:
        await self._expect(client, request(b"/small"), SMALL)

    async def _large(self, client: RawClient) -> None:
        await self._expect(client, request(b"/large"), LARGE)

    async def _chunked(self, client: RawClient) -> None:
        await self._expect(client, request(b"/chunked"), BODY)

    async def _post(self, client: RawClient) -> None:
        await self._expect(client, POST, told(BODY))

    async def _post_chunked(self, client: RawClient) -> None:
        await self._expect(client, POST_CHUNKED, told(BODY))

    async def _pipelined(self, client: RawClient) -> None:
        client.send(request(b"/small") * PIPELINED)
        for _ in range(PIPELINED):
            status, _, body = await client.answer()
            assert (status, body) == (200, SMALL), f"status {status}"

    async def _aborted(self, client: RawClient) -> None:
        """Break off in the middle of an answer, or of a body: what costs nobody else anything."""
        if self.answered["aborted"] % 2:
            client.send(request(b"/large"))
            await client.reader.readexactly(10_000)
        else:
            client.send(POST[: len(POST) // 2])
            await client.writer.drain()
        client.writer.transport.abort()

    async def _upgraded(self, client: RawClient) -> None:
        client.send(request(b"/upgrade", b"Connection: Upgrade\r\nUpgrade: echo\r\n"))
        head = await client.head()
        assert head.startswith(b"HTTP/1.1 101 "), head[:60]
        for size in (1, 1000, 50_000):
            client.send(BODY[:size])
            assert await asyncio.wait_for(client.reader.readexactly(size), 10) == BODY[:size], "another echo"
