"""`retry` of an HTTPRoute: which answers and failures are tried again, how often, and what the client sees of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from gateway.telemetry import metrics
from tests.config.manifests import BACKEND_REF, Document, backend, gateway, route
from tests.support.served import Served, served, text_of
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
PUT = b"PUT /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello"
POST = PUT.replace(b"PUT", b"POST")


def config(retry: Document, **timeouts: str) -> str:
    rule: Document = {"backendRefs": [BACKEND_REF], "retry": retry}
    return text_of(gateway(), backend(), route("r", {**rule, "timeouts": timeouts} if timeouts else rule))


class Answering:
    """An endpoint that goes through `answers`, over all its connections, and then says `ok`; None breaks off."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[float, bytes]] = []

    async def __call__(self, connection: EndpointConnection) -> None:
        while True:
            head = await connection.head()
            body = await connection.body(5) if b"content-length: 5" in head.lower() else b""
            self.asked.append((asyncio.get_running_loop().time(), body))
            answer = self.answers.pop(0) if self.answers else respond(b"ok")
            if answer is None:
                connection.reset()
                return
            connection.send(answer)


def status(code: int) -> bytes:
    return respond(b"no", status=b"%d X" % code)


async def ask(weir: Served, request: bytes = GET) -> tuple[int, Mapping[bytes, bytes], bytes]:
    client = await RawClient.connect(weir.port(8080))
    try:
        return await client.ask(request)
    finally:
        client.close()


def lead(weir: Served, endpoints: Sequence[ScriptedEndpoint]) -> None:
    weir.lead("shop/orders", *(endpoint.port for endpoint in endpoints))


@pytest.mark.parametrize("code", [500, 502, 503, 504])
async def test_the_statuses_that_are_listed_are_tried_again(code: int) -> None:
    script = Answering(status(code), status(code))
    text = config({"codes": [code], "attempts": 2, "backoff": "1ms"})
    async with ScriptedEndpoint(script) as endpoint, served(text, ()) as weir:
        lead(weir, [endpoint])
        assert (await ask(weir))[0] == 200
        assert len(script.asked) == 3
        assert weir.service.ledger.value(metrics.RETRIES) == 2


async def test_after_the_last_attempt_the_client_gets_the_error() -> None:
    script = Answering(*[status(503)] * 9)
    async with ScriptedEndpoint(script) as endpoint, served(config({"codes": [503], "backoff": "1ms"}), ()) as weir:
        lead(weir, [endpoint])
        found, _, body = await ask(weir)
        # One further attempt where none are told.
        assert (found, body, len(script.asked)) == (503, b"no", 2)


async def test_other_statuses_go_to_the_client_as_they_are() -> None:
    script = Answering(status(500))
    async with ScriptedEndpoint(script) as endpoint, served(config({"codes": [503], "attempts": 3}), ()) as weir:
        lead(weir, [endpoint])
        assert (await ask(weir))[0] == 500
        assert len(script.asked) == 1


async def test_another_endpoint_is_asked_before_the_same_one_again() -> None:
    bad, good = Answering(*[status(503)] * 9), Answering()
    text = config({"codes": [503], "attempts": 1, "backoff": "1ms"})
    async with ScriptedEndpoint(bad) as first, ScriptedEndpoint(good) as second, served(text, ()) as weir:
        lead(weir, [first, second])
        assert [(await ask(weir))[0] for _ in range(6)] == [200] * 6
        assert len(good.asked) == 6


async def test_a_body_goes_out_again_whole() -> None:
    script = Answering(status(503))
    async with ScriptedEndpoint(script) as endpoint, served(config({"codes": [503], "backoff": "1ms"}), ()) as weir:
        lead(weir, [endpoint])
        assert (await ask(weir, PUT))[0] == 200
        assert [body for _, body in script.asked] == [b"hello", b"hello"]


async def test_what_must_not_be_done_twice_is_not() -> None:
    """RFC 9110 9.2.2."""
    script = Answering(status(503))
    async with ScriptedEndpoint(script) as endpoint, served(config({"codes": [503], "backoff": "1ms"}), ()) as weir:
        lead(weir, [endpoint])
        assert (await ask(weir, POST))[0] == 503
        assert len(script.asked) == 1


async def test_a_connection_that_breaks_is_tried_again() -> None:
    script = Answering(None)
    async with ScriptedEndpoint(script) as endpoint, served(config({"attempts": 1, "backoff": "1ms"}), ()) as weir:
        lead(weir, [endpoint])
        assert (await ask(weir))[0] == 200


async def test_the_wait_is_never_shorter_than_the_backoff_and_doubles() -> None:
    script = Answering(status(503), status(503))
    text = config({"codes": [503], "attempts": 2, "backoff": "40ms"})
    async with ScriptedEndpoint(script) as endpoint, served(text, ()) as weir:
        lead(weir, [endpoint])
        assert (await ask(weir))[0] == 200
    first, second, third = (when for when, _ in script.asked)
    assert second - first >= 0.039
    assert third - second >= 0.079


async def test_a_try_that_takes_too_long_is_given_up_for_the_next() -> None:
    async def slow(connection: EndpointConnection) -> None:
        await connection.head()
        await connection.reader.read()

    good = Answering()
    text = config({"attempts": 1, "backoff": "1ms"}, request="5s", backendRequest="50ms")
    async with ScriptedEndpoint(slow) as first, ScriptedEndpoint(good) as second, served(text, ()) as weir:
        lead(weir, [first, second])
        assert [(await ask(weir))[0] for _ in range(2)] == [200, 200]
        assert weir.service.ledger.value(metrics.TIMEOUT_BACKEND_REQUEST) == 1


async def test_the_time_of_the_whole_bounds_all_attempts() -> None:
    script = Answering(*[status(503)] * 99)
    text = config({"codes": [503], "attempts": 50, "backoff": "40ms"}, request="150ms")
    async with ScriptedEndpoint(script) as endpoint, served(text, ()) as weir:
        lead(weir, [endpoint])
        assert (await ask(weir))[0] == 504
        assert weir.service.ledger.value(metrics.TIMEOUT_REQUEST) == 1


async def test_a_client_that_leaves_during_the_wait_ends_it() -> None:
    script = Answering(*[status(503)] * 9)
    text = config({"codes": [503], "attempts": 5, "backoff": "50ms"})
    async with ScriptedEndpoint(script) as endpoint, served(text, ()) as weir:
        lead(weir, [endpoint])
        client = await RawClient.connect(weir.port(8080))
        client.send(GET)
        await until(lambda: len(script.asked) == 1)
        client.reset()
        await until(lambda: weir.service.connection_count == 0)
        await asyncio.sleep(0.15)
        assert len(script.asked) == 1


async def test_an_answer_that_has_begun_is_not_tried_again() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        await asyncio.sleep(0.05)
        connection.reset()

    async with ScriptedEndpoint(script) as endpoint, served(config({"attempts": 3}), ()) as weir:
        lead(weir, [endpoint])
        client = await RawClient.connect(weir.port(8080))
        client.send(GET)
        assert b"200 OK" in await client.head()
        with pytest.raises(asyncio.IncompleteReadError):
            await client.reader.readexactly(10)
        client.close()
        assert endpoint.connections == 1
