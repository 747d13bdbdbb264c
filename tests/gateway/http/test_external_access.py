"""An authorizer that sees the beginning of bodies, from YAML to the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from policies.access.questions import Authorize, Authorized, NotAuthorized
from tests.gateway.http.intake.test_buffering import length_of, post
from tests.support.as_written import serve_policy
from tests.support.data_path import Gateway, gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
EXTERNAL = "access: {external: {backendRef: {group: weir.dev, kind: Backend, name: b}, bodyBytes: %s}}"
Decision = Authorized | NotAuthorized


class Server:
    """In the place of the authorizer: keeps what it is asked, and says `status`."""

    def __init__(self) -> None:
        self.asked: list[Authorize] = []
        self.status = 200
        self.held: asyncio.Event | None = None

    async def answer(self, question: Authorize) -> Decision:
        self.asked.append(question)
        if self.held is not None:
            await self.held.wait()
        return Authorized(self.status, [])

    def partial(self, position: int = -1) -> str:
        return dict(self.asked[position].fields)["x-weir-partial-body"]


async def echoing(connection: EndpointConnection) -> None:
    """Answers with the body that it got."""
    while True:
        head = await connection.head()
        if b"chunked" in head.lower():
            body = b""
            while size := int(await connection.reader.readuntil(b"\r\n"), 16):
                body += (await connection.body(size + 2))[:-2]
            await connection.body(2)
        else:
            body = await connection.body(length_of(head)) if head.startswith(b"POST") else b"ok"
        connection.send(respond(body))


@asynccontextmanager
async def serving(body_bytes: str, process: str = "{}") -> AsyncIterator[tuple[Gateway, Server]]:
    server = Server()
    async with (
        ScriptedEndpoint(echoing) as endpoint,
        gateway(endpoint, answers={Authorize: server.answer}) as weir,
    ):
        serve_policy(weir, EXTERNAL % body_bytes, process=process)
        yield weir, server
        assert weir.service.buffered_bytes == 0


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("body", "seen", "partial"),
    [
        (b"hello world", b"hell", "true"),
        (b"hell", b"hell", "false"),
        (b"he", b"he", "false"),
        (bytes(300_000), bytes(4), "true"),
    ],
)
async def test_it_sees_the_beginning_and_the_backend_all(
    body: bytes, seen: bytes, partial: str, *, chunked: bool
) -> None:
    async with serving("4") as (weir, server):
        client = await weir.client()
        for _ in range(2):
            assert (await client.ask(post(body, chunked=chunked)))[::2] == (200, body)
            assert (server.asked[-1].body, server.partial()) == (seen, partial)
        assert len(server.asked) == 2


async def test_without_a_body_it_is_asked_at_once() -> None:
    async with serving("4") as (weir, server):
        client = await weir.client()
        assert (await client.ask(GET))[0] == 200
        assert (server.asked[0].body, server.partial()) == (b"", "false")


async def test_expect_is_answered_before_the_body_is_there_and_does_not_go_on() -> None:
    async with serving("4") as (weir, server):
        client = await weir.client()
        whole = post(b"hello", extra=b"Expect: 100-continue\r\n")
        client.send(whole[:-5])
        assert (await client.head()).startswith(b"HTTP/1.1 100 ")
        assert not server.asked
        client.send(b"hello")
        assert (await client.answer())[::2] == (200, b"hello")
        assert server.asked[0].body == b"hell"


async def test_as_soon_as_it_has_enough_it_is_asked_and_no_more_is_read_meanwhile() -> None:
    async with serving("4") as (weir, server):
        server.held = asyncio.Event()
        client = await weir.client()
        body = bytes(8 << 20)
        sent = post(body)
        client.send(sent[: -len(body)] + b"he")
        await asyncio.sleep(0.05)
        assert not server.asked
        client.send(b"llo" + body[5:])
        await until(lambda: len(server.asked) == 1)
        assert server.asked[0].body == b"hell"
        assert weir.service.buffered_bytes < 1 << 20
        server.held.set()
        assert (await client.answer())[::2] == (200, b"hello" + body[5:])


async def test_a_refusal_ends_it_without_the_backend() -> None:
    async with serving("4") as (weir, server):
        server.status = 403
        client = await weir.client()
        assert (await client.ask(post(b"hello")))[0] == 403
        # The connection lives on.
        server.status = 200
        assert (await client.ask(post(b"hello")))[::2] == (200, b"hello")


async def test_a_body_that_stops_is_408_and_nobody_was_asked() -> None:
    async with serving("4", "{timeouts: {bodyIdle: 200ms}}") as (weir, server):
        client = await weir.client()
        client.send(post(b"hello")[:-3])
        assert (await client.answer())[0] == 408
        assert not server.asked


async def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind() -> None:
    async with serving("1Mi") as (weir, server):
        client = await weir.client()
        client.send(post(bytes(1 << 20))[: -(1 << 20)] + bytes(1000))
        await until(lambda: weir.service.buffered_bytes > 0)
        client.close()
        await until(lambda: weir.service.buffered_bytes == 0)
        assert not server.asked


async def test_it_never_sees_more_than_may_wait_on_one_connection() -> None:
    async with serving("1Mi", "{limits: {bufferBytesPerConnection: 1Ki}}") as (weir, server):
        client = await weir.client()
        body = bytes(range(256)) * 16
        assert (await client.ask(post(body)))[::2] == (200, body)
        assert (server.asked[0].body, server.partial()) == (body[:1024], "true")


async def test_a_body_that_is_also_taken_whole_is_seen_and_sent() -> None:
    async with serving("4") as (weir, server):
        serve_policy(weir, f"{EXTERNAL % 4}\nbuffering: {{maxBytes: 1Mi}}")
        client = await weir.client()
        for chunked in (False, True):
            assert (await client.ask(post(bytes(500_000), chunked=chunked)))[::2] == (200, bytes(500_000))
        assert [asked.body for asked in server.asked] == [bytes(4)] * 2


async def test_requests_that_wait_behind_it_have_their_turn() -> None:
    async with serving("4") as (weir, server):
        client = await weir.client()
        client.send(post(b"first") + post(b"second", chunked=True) + GET)
        assert [(await client.answer())[2] for _ in range(3)] == [b"first", b"second", b"ok"]
        assert [asked.body for asked in server.asked] == [b"firs", b"seco", b""]
