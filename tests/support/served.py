"""A configuration from YAML to the wire, in the test's own loop: real sockets, and backends that tell what they got."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import aiohttp

from config.load import load
from config.sources.text import SourceText
from discovery.endpoint import Endpoint, EndpointSet
from gateway.access.authorizer import Authorizer
from gateway.answers import Answers
from gateway.hot.ledger import Ledger
from gateway.http.service import DataPath
from gateway.policy_world import compile_condition
from gateway.runtime import Runtime
from gateway.sockets import BACKLOG
from gateway.telemetry import metrics
from gateway.telemetry.access_log import AccessLog
from policies.access.questions import Authorize
from tests.support.adjustable_clock import AdjustableClock
from tests.support.subjects import environment
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond

Headers = dict[str, list[str]]
"""Values by name in lower case, in order."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client got, and what the backend that answered was asked; `backend` is "" where Weir answered itself."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    backend: str = ""
    method: str = ""
    target: str = ""
    asked: Headers = field(default_factory=dict)


class Served:
    """A `DataPath` that serves what `apply` was given last. Each port of the configuration has a socket of its own."""

    def __init__(self, service: DataPath) -> None:
        self.service = service
        self._generation = 0
        self._ports: dict[int, int] = {}
        self.heads: list[tuple[str, str]] = []
        """Backend and request head of every request that came to a backend."""

    def apply(self, text: str) -> None:
        """Swap to the configuration in `text`, which must be without error."""
        self._generation += 1
        loaded = load([SourceText("test.yaml", text.encode())], generation=self._generation, previous=None)
        assert loaded.snapshot is not None, loaded.problems
        self._snapshot = loaded.snapshot
        self.service.apply_snapshot(self.service.prepare(self._snapshot), {("", ""): metrics.PROCESS_SLOTS})

    def listen(self) -> None:
        """Accept on a free port for each of the configuration's."""
        for port in self._snapshot.ports:
            if port.port not in self._ports:
                sock = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
                sock.setblocking(False)
                self._ports[port.port] = sock.getsockname()[1]
                self.service.serve(port.key, sock)

    def lead(self, backend: str, *ports: int) -> None:
        """The endpoints of a backend are on these ports of loopback."""
        endpoints = tuple(Endpoint(f"{backend}-{port}", "127.0.0.1", port) for port in ports)
        self.service.apply_endpoints(EndpointSet(backend, endpoints, "static", 0.0))

    def port(self, configured: int) -> int:
        """The port of the socket for the one that is configured."""
        return self._ports[configured]

    async def ask(
        self, target: str = "/", *lines: str, host: str = "a.example", method: str = "GET", port: int = 8080
    ) -> Answer:
        """One request over a connection of its own; `lines` are header lines."""
        client = await RawClient.connect(self._ports[port])
        try:
            head = "\r\n".join((f"{method} {target} HTTP/1.1", f"Host: {host}", *lines, "", ""))
            status, fields, body = await client.ask(head.encode("latin-1"))
        finally:
            client.close()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in fields.items()}
        if headers.get("x-from-backend") is None:
            return Answer(status, headers, body)
        told = json.loads(body)
        return Answer(status, headers, body, headers["x-from-backend"], told["method"], told["target"], told["headers"])


@asynccontextmanager
async def served(text: str, backends: Sequence[str] = ("shop/orders",)) -> AsyncIterator[Served]:
    """The configuration in `text`; for each of `backends`, by namespace and name, there is one endpoint."""
    defects: list[BaseException] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: defects.append(context["exception"]))
    authorizer = Authorizer(lambda name: service.backends.get(name), lambda: session, lambda _: None)
    service = DataPath(
        Runtime(loop, _spawn, AdjustableClock(), random.Random(7)),
        Ledger.private(),
        AccessLog.off(),
        environment=environment(compile_condition),
        answers=Answers({Authorize: authorizer.ask}),
        descriptors=4096,
    )
    weir = Served(service)
    async with AsyncExitStack() as stack, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        weir.apply(text)
        for name in backends:
            telling = _Telling(name.partition("/")[2], weir.heads)
            endpoint = await stack.enter_async_context(ScriptedEndpoint(telling))
            weir.lead(name, endpoint.port)
        weir.listen()
        try:
            yield weir
        finally:
            service.close()
            await asyncio.sleep(0)
    assert not defects


def text_of(*documents: Mapping[str, object]) -> str:
    """`documents` as one text; JSON is YAML."""
    return "\n---\n".join(json.dumps(document) for document in documents) + "\n"


class _Telling:
    """An endpoint that answers with the head that it got."""

    def __init__(self, name: str, heads: list[tuple[str, str]]) -> None:
        self._name = name
        self._heads = heads

    async def __call__(self, connection: EndpointConnection) -> None:
        while True:
            head = (await connection.head()).decode("latin-1")
            self._heads.append((self._name, head))
            line, *fields = head.removesuffix("\r\n\r\n").split("\r\n")
            method, target, _ = line.split(" ")
            headers: Headers = {}
            for name, _, value in (each.partition(":") for each in fields):
                headers.setdefault(name.lower(), []).append(value.strip())
            if "content-length" in headers:
                await connection.body(int(headers["content-length"][0]))
            told = json.dumps({"method": method, "target": target, "headers": headers}).encode()
            connection.send(respond(told, extra=b"x-from-backend: %b\r\n" % self._name.encode()))


def _spawn(work: object, *, name: str) -> asyncio.Task[object]:
    return asyncio.get_running_loop().create_task(
        cast("asyncio.coroutines.Coroutine[object, object, object]", work), name=name
    )
