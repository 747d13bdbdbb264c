"""Constant load on a gateway: clients that each ask one request after the other on a kept-alive connection."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.support.wire import RawClient

log = logging.getLogger("weir.tests")

GET = b"GET /some/path?with=query HTTP/1.1\r\nHost: shop.example\r\n\r\n"
POST = b"POST /some/path HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 100\r\n\r\n" + b"x" * 100
REQUESTS = (GET, GET, GET, POST)
"""The mix that each client goes round."""

Fields = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Failure:
    """One request that was not answered with 200."""

    client: int
    request: str
    what: str
    at_s: float


class Load:
    """`clients` clients of `port` while entered; every request counts as sent, and as a failure unless it got a 200.

    A client whose connection the gateway closes after an answer opens another; one that it broke off is a failure, as
    is a connection that it did not take, unless the gateway is `ending`: then a refused one is the client's end.
    """

    def __init__(
        self,
        port: int,
        *,
        clients: int = 6,
        requests: Sequence[bytes] = REQUESTS,
        wrong: Callable[[int, bytes, Fields], str] = lambda _client, _request, _fields: "",
    ) -> None:
        """`wrong` says what is wrong with an answer of status 200 to a client's request, "" where nothing is."""
        self._port = port
        self._count = clients
        self._mix = requests
        self._wrong = wrong
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self.ending = False
        self._milestones: list[tuple[int, asyncio.Event]] = []
        self.answered_by: Counter[str] = Counter()
        self.local_ports: dict[int, int] = {}
        """The client's own port of the connection that each client has now."""
        self.reconnects = 0
        self.requests = 0
        self.failures: list[Failure] = []
        self._began_s = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began_s

    def report(self) -> str:
        """What it comes to, in a line."""
        return (
            f"{self.requests} requests in {self.seconds:.1f} s, {len(self.failures)} failed, "
            f"{self.reconnects} reconnects; first failures: {self.failures[:5]}"
        )

    async def more(self, count: int, limit_s: float = 20.0) -> None:
        """Wait for `count` more answers. Raises TimeoutError."""
        reached = asyncio.Event()
        self._milestones.append((self.requests + count, reached))
        await asyncio.wait_for(reached.wait(), limit_s)

    async def stop(self) -> None:
        """Let each client finish its request and end."""
        self._stopping = True
        await self.ended()

    async def ended(self) -> None:
        """Wait for the end of every client."""
        if self._tasks:
            await asyncio.wait(self._tasks)
            for task in self._tasks:
                task.result()

    async def __aenter__(self) -> Self:
        self._began_s = time.monotonic()
        self._tasks = [
            asyncio.create_task(self._client(number), name=f"client {number}") for number in range(self._count)
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        log.info("%s", self.report())

    async def _client(self, number: int) -> None:
        client: RawClient | None = None
        turn = number
        try:
            while not self._stopping:
                request = self._mix[turn % len(self._mix)]
                turn += 1
                try:
                    if client is None:
                        client = await self._connect()
                        if client is None:
                            return
                        self.local_ports[number] = client.writer.get_extra_info("sockname")[1]
                    status, fields, _ = await client.ask(request)
                    self._count_one()
                except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                    self._count_one()
                    self._fail(number, request, f"{type(error).__name__}: {error}")
                    if client is not None:
                        client.close()
                        client = None
                    await asyncio.sleep(0)
                    continue
                self.answered_by[fields.get(b"x-endpoint", b"").decode()] += 1
                if status != 200:
                    self._fail(number, request, f"status {status} {fields.get(b'proxy-status', b'').decode()}")
                elif what := self._wrong(number, request, fields):
                    self._fail(number, request, what)
                if fields.get(b"connection") == b"close":
                    client.close()
                    client = None
                    self.reconnects += 1
        finally:
            if client is not None:
                client.close()

    async def _connect(self) -> RawClient | None:
        try:
            return await RawClient.connect(self._port)
        except ConnectionRefusedError:
            if self.ending:
                return None
            raise

    def _count_one(self) -> None:
        self.requests += 1
        for count, reached in self._milestones:
            if self.requests >= count:
                reached.set()

    def _fail(self, client: int, request: bytes, what: str) -> None:
        self.failures.append(Failure(client, request[:4].decode().strip(), what, round(self.seconds, 3)))
