"""Reuse of connections to endpoints that answer, break and lie at any point: no answer is another request's.

Each example is a few rounds of requests by up to three clients at once, each with a script for the endpoint that gets
it. A request carries an id that is its path and its body, and a true answer echoes it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass

import uvloop
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.telemetry import metrics
from tests.support.data_path import BACKEND, Gateway, gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint

POISON = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"

# What the endpoint does once it has a request. Those in `WHOLE` answer it whole; after those in `REUSABLE`, and after
# no other, the connection may carry the next request.
REUSABLE = ("keep", "chunked", "interim", "pieces", "close_after", "late")
WHOLE = (*REUSABLE, "close", "until_close", "two", "rest_of_another")
BROKEN = ("reset", "close_unanswered", "part_of_head", "part_of_body", "part_of_chunk", "garbage", "bad_length")


@dataclass(frozen=True)
class Request:
    """One request of client `client`, and what the endpoint makes of it."""

    client: int
    method: str
    behaviour: str


requests = st.builds(
    Request, st.integers(0, 2), st.sampled_from(("GET", "PUT", "POST")), st.sampled_from((*WHOLE, *BROKEN))
)


def late_alone(batch: list[Request]) -> list[Request]:
    """No parser can tell late bytes from the answer to the next request: they come while nothing else runs."""
    return [request for request in batch if request.behaviour == "late"][:1] or batch


rounds = st.lists(
    st.lists(requests, min_size=1, max_size=3, unique_by=lambda request: request.client).map(late_alone),
    min_size=1,
    max_size=6,
)


class Endpoint:
    """Serves by script, and remembers what it saw."""

    def __init__(self) -> None:
        self.scripts: dict[bytes, str] = {}
        self.attempts: Counter[bytes] = Counter()
        self.wrongly_reused: list[bytes] = []
        self.answered: dict[bytes, asyncio.Event] = {}

    async def __call__(self, connection: EndpointConnection) -> None:
        reusable = True
        while True:
            head = await connection.head()
            method, target, _ = head.split(b" ", 2)
            name = target[1:]
            if not reusable:
                self.wrongly_reused.append(name)
            if method != b"GET":
                assert await connection.body(len(name)) == name
            self.attempts[name] += 1
            # Sent again, it is answered well: what matters is whether it is sent again.
            behaviour = self.scripts[name] if self.attempts[name] == 1 else "keep"
            if not await self._behave(connection, behaviour, name):
                return
            reusable = behaviour in REUSABLE

    async def _behave(self, connection: EndpointConnection, behaviour: str, name: bytes) -> bool:
        """Whether it stays open."""
        plain = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(name), name)
        half = len(plain) - len(name) // 2
        match behaviour:
            case "keep":
                connection.send(plain)
            case "chunked":
                connection.send(
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(name), name)
                )
            case "interim":
                connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + plain)
            case "pieces":
                for start in range(0, len(plain), 7):
                    connection.send(plain[start : start + 7])
                    await connection.writer.drain()
                    await asyncio.sleep(0)
            case "close_after":
                connection.send(plain)
                await connection.writer.drain()
                return False
            case "late":
                connection.send(plain)
                await self.answered[name].wait()
                connection.send(POISON)
                with contextlib.suppress(ConnectionError):
                    await connection.reader.read()
                return False
            case "close":
                connection.send(plain.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
                await connection.writer.drain()
                return False
            case "until_close":
                connection.send(b"HTTP/1.1 200 OK\r\n\r\n" + name)
                await connection.writer.drain()
                return False
            case "two":
                connection.send(plain + POISON)
            case "rest_of_another":
                connection.send(plain + b"HTTP/1.1 200 O")
            case "reset":
                connection.reset()
                return False
            case "close_unanswered":
                return False
            case "part_of_head" | "part_of_body" | "part_of_chunk":
                parts = {
                    "part_of_head": plain[:20],
                    "part_of_body": plain[:half],
                    "part_of_chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(name),
                }
                connection.send(parts[behaviour])
                await connection.writer.drain()
                return False
            case "garbage":
                connection.send(b"\x00\xff nonsense\r\n\r\n")
            case "bad_length":
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
            case _:
                raise AssertionError(behaviour)
        return True


class Clients:
    """Connections of clients, opened anew after each one that was closed."""

    def __init__(self, weir: Gateway) -> None:
        self._weir = weir
        self._open: dict[int, RawClient] = {}

    async def ask(self, request: Request, name: bytes) -> tuple[int, bytes]:
        """Status and body; status 0 where the connection was cut in the middle of the answer."""
        client = self._open.pop(request.client, None) or await self._weir.client()
        if request.method == "GET":
            client.send(b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % name)
        else:
            client.send(
                b"%b /%b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b"
                % (request.method.encode(), name, len(name), name)
            )
        try:
            status, fields, body = await client.answer()
            while status == 103:
                status, fields, body = await client.answer()
        except asyncio.IncompleteReadError:
            return 0, b""
        if fields.get(b"connection") != b"close":
            self._open[request.client] = client
        return status, body

    async def end(self) -> bytes:
        """Half-close all, and give back what came that nobody asked for."""
        left = b""
        for client in self._open.values():
            client.writer.write_eof()
            left += await client.rest()
        return left


async def run(plan: list[list[Request]]) -> None:
    endpoint = Endpoint()
    async with ScriptedEndpoint(endpoint) as server, gateway(server) as weir:
        clients = Clients(weir)
        number = 0
        for batch in plan:
            named: list[tuple[Request, bytes]] = []
            for request in batch:
                name = b"request-%d" % number
                number += 1
                endpoint.scripts[name] = request.behaviour
                endpoint.answered[name] = asyncio.Event()
                named.append((request, name))
            answers = await asyncio.gather(*(clients.ask(request, name) for request, name in named))
            for (request, name), (status, body) in zip(named, answers, strict=True):
                judge(request, name, status, body, endpoint.attempts[name])
            evicted = weir.count(metrics.UPSTREAM_CONNECTIONS_EVICTED)
            late = [name for request, name in named if request.behaviour == "late" and endpoint.attempts[name] == 1]
            for name in late:
                endpoint.answered[name].set()
            await until(lambda: weir.count(metrics.UPSTREAM_CONNECTIONS_EVICTED) >= evicted + len(late))  # noqa: B023
        assert await clients.end() == b""
        assert endpoint.wrongly_reused == []
        (state,) = weir.service.backends[BACKEND].backend.view.states
        assert state.active == 0
        assert weir.service.buffered_bytes == 0
        await until(lambda: weir.service.connection_count == 0)


def judge(request: Request, name: bytes, status: int, body: bytes, attempts: int) -> None:
    """One answer, its own, and no more tries than RFC 9110 9.2.2 permits."""
    what = f"{request} {name!r}: {status} {body!r} after {attempts}"
    if status == 200:
        assert body == name, what
    else:
        assert status in (0, 502), what
    if request.method == "POST":
        assert attempts <= 1, what
    assert attempts <= 2, what
    if request.behaviour in WHOLE and attempts:
        assert status == 200, what
    if request.method != "POST":
        # A stale connection costs nobody anything who may ask again.
        assert attempts >= 1, what


def one_after_another(*behaviours: str, method: str = "GET") -> list[list[Request]]:
    return [[Request(0, method, behaviour)] for behaviour in behaviours]


@settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
@example(one_after_another("keep", "reset", "keep"))
@example(one_after_another("keep", "close_unanswered", "keep", method="POST"))
@example(one_after_another("keep", "part_of_head", "keep", method="PUT"))
@example(one_after_another("two", "keep", "rest_of_another", "keep", "late", "keep"))
@example(one_after_another("close_after", "keep", "close_after", "keep", method="POST"))
@given(rounds)
def test_every_request_gets_one_answer_and_it_is_its_own(plan: list[list[Request]]) -> None:
    uvloop.run(run(plan))
