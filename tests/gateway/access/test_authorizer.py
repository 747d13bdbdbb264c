"""Asking a real server about requests: what it gets, and what comes of one that is slow, broken or not there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import aiohttp
import pytest

from discovery.endpoint import Endpoint
from discovery.lease import EndpointState, Lease
from gateway.access import authorizer as module
from gateway.access.authorizer import Authorizer
from gateway.access.events import AccessEvent
from policies.access.questions import Authorize, Authorized, NotAuthorized
from tests.support.supervised import free_port
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond


class Backend:
    """Endpoints on ports of loopback, in turn."""

    def __init__(self, *ports: int) -> None:
        self.states = [EndpointState(Endpoint(f"e{port}", "127.0.0.1", port)) for port in ports]

    def lease(self, tried: Sequence[str]) -> Lease | None:
        return next((state.lease() for state in self.states if state.endpoint.id not in tried), None)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as made:
        yield made


def question(timeout_s: float = 5.0) -> Authorize:
    fields = [("Host", "shop.example"), ("X-A", "ä"), ("x-forwarded-for", "192.0.2.1")]
    return Authorize("shop/asked", "PUT", "/check/a%2Fb?c=%20", fields, timeout_s)


def asking(backend: Backend | None, session: aiohttp.ClientSession, events: Counter[AccessEvent]) -> Authorizer:
    return Authorizer(lambda _: backend, lambda: session, lambda event: events.update([event]))


async def test_the_server_gets_the_request_as_it_is_and_nothing_of_the_librarys_own(
    session: aiohttp.ClientSession, events: Counter[AccessEvent]
) -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        while True:
            heads.append(await connection.head())
            connection.send(respond(b"no", status=b"401 No", extra=b"WWW-Authenticate: Bearer\r\n"))

    async with ScriptedEndpoint(script) as server:
        backend = Backend(server.port)
        made = asking(backend, session, events)
        answers = [await made.ask(question()) for _ in range(2)]
        assert server.connections == 1
    (state,) = backend.states
    assert (state.active, state.picked, state.failed) == (0, 2, 0)
    for answer in answers:
        assert isinstance(answer, Authorized)
        assert answer.status == 401
        assert (b"www-authenticate", b"Bearer") in answer.fields
    line, *fields = heads[0].decode().removesuffix("\r\n\r\n").split("\r\n")
    assert line == "PUT /check/a%2Fb?c=%20 HTTP/1.1"
    names = {field.partition(":")[0].lower() for field in fields}
    assert names <= {"host", "x-a", "x-forwarded-for", "content-length"}
    assert "Host: shop.example" in fields and "X-A: ä" in fields
    assert events == {AccessEvent.AUTHORIZER_ASKED: 2}


async def test_the_server_gets_the_body_with_its_length_and_a_length_of_0_without_one(
    session: aiohttp.ClientSession, events: Counter[AccessEvent]
) -> None:
    got: list[tuple[bytes, bytes]] = []

    async def script(connection: EndpointConnection) -> None:
        for length in (5, 0):
            head = await connection.head()
            got.append((head.lower(), await connection.body(length)))
            connection.send(respond(b"ok"))

    async with ScriptedEndpoint(script) as server:
        made = asking(Backend(server.port), session, events)
        for method, body in (("POST", b"hello"), ("GET", b"")):
            assert isinstance(await made.ask(Authorize("shop/asked", method, "/", [], 5.0, body)), Authorized)
    for (head, body), expected in zip(got, (b"hello", b""), strict=True):
        assert body == expected
        assert head.count(b"content-length: %d\r\n" % len(expected)) == head.count(b"content-length") == 1
        assert b"transfer-encoding" not in head


async def test_a_redirect_is_an_answer_and_is_not_followed(
    session: aiohttp.ClientSession, events: Counter[AccessEvent]
) -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"", status=b"302 Found", extra=b"Location: http://127.0.0.1:1/\r\n"))

    async with ScriptedEndpoint(script) as server:
        answer = await asking(Backend(server.port), session, events).ask(question())
    assert isinstance(answer, Authorized)
    assert answer.status == 302


async def test_another_endpoint_is_tried_where_a_connection_fails(
    session: aiohttp.ClientSession, events: Counter[AccessEvent]
) -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"ok"))

    async with ScriptedEndpoint(script) as server:
        backend = Backend(free_port(), server.port)
        answer = await asking(backend, session, events).ask(question())
    assert isinstance(answer, Authorized)
    assert [state.failed for state in backend.states] == [1, 0]
    assert [state.active for state in backend.states] == [0, 0]


async def test_what_is_slow_or_broken_or_not_there_is_no_answer(
    session: aiohttp.ClientSession, events: Counter[AccessEvent]
) -> None:
    async def silent(connection: EndpointConnection) -> None:
        await connection.reader.read()

    async def broken(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"nonsense\r\n\r\n")

    for script in (silent, broken):
        async with ScriptedEndpoint(script) as server:
            backend = Backend(server.port)
            answer = await asking(backend, session, events).ask(question(timeout_s=0.1))
        assert isinstance(answer, NotAuthorized)
        assert answer.reason
        assert (backend.states[0].active, backend.states[0].failed) == (0, 1)
    for backend_or_none, words in ((Backend(), "no endpoint"), (None, "not loaded"), (Backend(free_port()), "connect")):
        answer = await asking(backend_or_none, session, events).ask(question())
        assert isinstance(answer, NotAuthorized)
        assert words in answer.reason
    assert events == {AccessEvent.AUTHORIZER_FAILED: 5}


async def test_only_so_many_wait_at_a_time_and_one_that_leaves_gives_back(
    session: aiohttp.ClientSession, events: Counter[AccessEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_UNDERWAY", 1)
    asked = asyncio.Event()

    async def silent(connection: EndpointConnection) -> None:
        await connection.head()
        asked.set()
        await connection.reader.read()

    async with ScriptedEndpoint(silent) as server:
        backend = Backend(server.port)
        made = asking(backend, session, events)
        waiting = asyncio.ensure_future(made.ask(question()))
        await asked.wait()
        second = await made.ask(question())
        assert isinstance(second, NotAuthorized)
        assert second.reason == "1 requests wait for the authorizer already"
        waiting.cancel()
        await asyncio.wait([waiting])
        assert backend.states[0].active == 0
        third = await made.ask(question(timeout_s=0.05))
        assert isinstance(third, NotAuthorized)
        assert "already" not in third.reason
