"""What a try makes of endpoints that break, lie or stop, and that it lets go of everything however it ends."""

from __future__ import annotations

import asyncio

import pytest

from config.snapshot import Mirror
from gateway.http.attempt import MAX_INTERIM_ANSWERS
from gateway.telemetry import metrics
from tests.support.data_path import BACKEND, Gateway, gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
EXPECTING = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"


def leases(weir: Gateway) -> int:
    return sum(state.active for state in weir.service.backends[BACKEND].backend.view.states)


@pytest.mark.parametrize("part", [b"HTTP/1.1 2", b"HTTP/1.1 103 Early Hints\r\n\r\n", b"nonsense\r\n\r\n"])
async def test_a_request_is_not_sent_again_once_a_byte_of_an_answer_came(part: bytes) -> None:
    requests = 0

    async def script(connection: EndpointConnection) -> None:
        nonlocal requests
        requests += 1
        await connection.head()
        connection.send(respond())
        await connection.head()
        requests += 1
        connection.send(part)
        await connection.writer.drain()
        connection.close()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[0] == 200
        client.send(GET)
        head = await client.head()
        if b" 103 " in head:
            head = await client.head()
        assert head.startswith(b"HTTP/1.1 502 ")
        assert (requests, endpoint.connections) == (2, 1)
        assert weir.count(metrics.RETRIES) == 0


async def test_a_body_that_was_sent_is_sent_again_whole() -> None:
    bodies: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        bodies.append(await connection.body(6))
        if connection.number == 0 and len(bodies) == 2:
            connection.reset()
            return
        connection.send(respond())
        if connection.number == 0:
            await script(connection)

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for _ in range(2):
            client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
            await asyncio.sleep(0)
            client.send(b"def")
            assert (await client.answer())[0] == 200
        assert bodies == [b"abcdef"] * 3
        assert weir.count(metrics.RETRIES) == 1


async def test_interim_answers_without_end_are_a_502() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        while True:
            connection.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 10)
            await connection.writer.drain()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(GET)
        for _ in range(MAX_INTERIM_ANSWERS):
            assert (await client.head()).startswith(b"HTTP/1.1 102")
        assert (await client.head()).startswith(b"HTTP/1.1 502")


async def test_an_old_client_gets_no_interim_answers() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" + respond())

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert (await client.rest()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("hint", [b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"])
async def test_a_final_answer_to_a_client_that_waits_to_go_on_closes_the_connection(hint: bytes) -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(hint + respond(b"no", status=b"417 Expectation Failed"))
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(EXPECTING)
        if hint:
            await client.head()
        status, fields, body = await client.answer()
        assert (status, fields[b"connection"], body) == (417, b"close", b"no")
        # What looks like another request may be the body: it is no request any more.
        client.send(GET)
        assert await client.rest() == b""
        assert leases(weir) == 0


async def test_an_error_to_a_client_that_waits_to_go_on_closes_the_connection() -> None:
    async with gateway(None, dead_endpoints=1) as weir:
        client = await weir.client()
        status, fields, _ = await client.ask(EXPECTING)
        assert (status, fields[b"connection"]) == (502, b"close")


async def test_an_endpoint_that_waits_for_the_body_before_it_answers_gets_it_after_its_100() -> None:
    async def script(connection: EndpointConnection) -> None:
        while True:
            await connection.head()
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.send(respond(await connection.body(3)))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for _ in range(2):
            client.send(EXPECTING)
            assert (await client.head()).startswith(b"HTTP/1.1 100")
            client.send(b"abc")
            assert (await client.answer())[2] == b"abc"
        assert endpoint.connections == 1


@pytest.mark.parametrize(
    "request_",
    [
        GET,
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 9\r\n\r\nabc",
    ],
)
async def test_a_switch_of_protocols_unasked_or_in_mid_body_is_a_502(request_: bytes) -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nraw")
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        assert (await client.ask(request_))[0] == 502
        assert weir.count(metrics.TUNNELS_ACTIVE) == 0


async def test_heads_of_endpoints_are_bounded_too() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 5000 + b"\r\n\r\n")

    spec = {"limits": {"headerBytes": "4Ki"}}
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, process=spec) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[0] == 502


async def test_an_early_413_ends_an_upload_of_any_size_and_reuses_nothing_that_is_not_whole() -> None:
    async def script(connection: EndpointConnection) -> None:
        head = await connection.head()
        if head.startswith(b"POST"):
            connection.send(respond(b"too large", status=b"413 Content Too Large"))
        # It keeps the connection, and reads on.
        await connection.body(4_000_000)
        await connection.head()
        connection.send(respond(b"next"))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
        assert (await client.answer())[0] == 413
        assert leases(weir) == 1
        client.send(b"x" * 4_000_000)
        assert (await client.ask(GET))[2] == b"next"
        assert endpoint.connections == 1


async def test_the_endpoint_is_let_go_when_the_answer_is_an_error_however_long_the_client_still_sends() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"nonsense\r\n\r\n")

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        assert (await client.answer())[0] == 502
        assert leases(weir) == 0
        (state,) = weir.service.backends[BACKEND].backend.view.states
        assert state.failed == 1
        client.send(b"x" * 100)
        assert (await client.ask(GET))[0] == 502


async def test_copies_of_a_body_that_is_thrown_away_are_given_up() -> None:
    """The exchange's endpoint answers early and closes, the mirror's waits for the rest of the body."""
    copies: list[bytes] = []
    cut = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        head = await connection.head()
        if connection.number == 0:
            copies.append(head)
            copies.append(await connection.reader.read())
            cut.set()
            return
        connection.send(respond(b"no", status=b"403 Forbidden", extra=b"Connection: close\r\n"))
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        rule = weir.rule()
        weir.apply((type(rule)(**{**_fields(rule), "filters": (Mirror(BACKEND, 1, 1),)}),))
        client = await weir.client()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        assert (await client.answer())[0] == 403
        await asyncio.wait_for(cut.wait(), 10)
        client.send(b"3\r\ndef\r\n0\r\n\r\n")
        assert not copies[1].endswith(b"0\r\n\r\n")
        await until(lambda: leases(weir) == 0)
        assert weir.count(metrics.MIRRORS_DROPPED) == 1


def _fields(rule: object) -> dict[str, object]:
    return {name: getattr(rule, name) for name in rule.__slots__}  # type: ignore[attr-defined]


async def test_the_client_going_away_lets_go_of_the_endpoint() -> None:
    asked = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        asked.set()
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(GET)
        await asked.wait()
        assert leases(weir) == 1
        # A mere close looks like a half-close, after which the client still reads: a reset does not.
        client.reset()
        await until(lambda: leases(weir) == 0)
        assert weir.count(metrics.CLIENT_GONE) == 1


async def test_options_of_the_whole_server_go_on_as_they_came() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        while True:
            heads.append(await connection.head())
            connection.send(respond())

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        assert (await client.ask(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"))[0] == 200
        assert (await client.ask(b"OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n"))[0] == 200
    assert all(head.startswith(b"OPTIONS * HTTP/1.1\r\n") for head in heads)


async def test_trailers_go_only_to_a_client_that_asked_for_them() -> None:
    async def script(connection: EndpointConnection) -> None:
        while True:
            await connection.head()
            connection.send(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;e=1\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n"
            )

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        client.send(GET)
        await client.head()
        assert await client.reader.readexactly(12) == b"2\r\nok\r\n0\r\n\r\n"
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: te\r\nTE: trailers\r\n\r\n")
        await client.head()
        assert await client.reader.readexactly(22) == b"2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n"


async def test_the_answer_keeps_the_server_and_date_of_the_endpoint() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(extra=b"Server: theirs\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        _, fields, _ = await client.ask(GET)
        assert (fields[b"server"], fields[b"date"]) == (b"theirs", b"Thu, 01 Jan 1970 00:00:00 GMT")


async def test_an_answer_to_a_request_whose_lease_is_given_back_once() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for _ in range(3):
            await client.ask(GET)
        (state,) = weir.service.backends[BACKEND].backend.view.states
        assert (state.active, state.picked, state.failed) == (0, 3, 0)
