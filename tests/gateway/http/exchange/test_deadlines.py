"""The time bounds of an exchange: of the whole, of one try, of standing still; each counted as what it is."""

from __future__ import annotations

import asyncio

import pytest

from gateway.telemetry import metrics
from tests.support.data_path import gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
COUNTERS = {
    "request": metrics.TIMEOUT_REQUEST,
    "backendRequest": metrics.TIMEOUT_BACKEND_REQUEST,
    "streamIdle": metrics.TIMEOUT_STREAM_IDLE,
}


async def silent(connection: EndpointConnection) -> None:
    await connection.head()
    await connection.reader.read()


@pytest.mark.parametrize(
    ("process", "route", "counted"),
    [
        ({}, {"request_s": 0.3}, "request"),
        ({}, {"backend_request_s": 0.3}, "backendRequest"),
        ({}, {"request_s": 30.0, "backend_request_s": 0.3}, "backendRequest"),
        ({"request": "300ms"}, {}, "request"),
        ({"backendRequest": "300ms"}, {}, "backendRequest"),
        ({"streamIdle": "300ms"}, {}, "streamIdle"),
        ({"streamIdle": "300ms", "request": "30s"}, {"request_s": 0.0}, "streamIdle"),
    ],
)
async def test_each_time_bound_answers_504_and_is_counted_as_itself(
    process: dict[str, str], route: dict[str, float], counted: str
) -> None:
    async with (
        ScriptedEndpoint(silent) as endpoint,
        gateway(endpoint, process={"timeouts": process}, route_timeouts=route) as weir,
    ):
        client = await weir.client()
        assert (await client.ask(GET))[0] == 504
        assert {name: weir.count(slot) for name, slot in COUNTERS.items()} == {
            **dict.fromkeys(COUNTERS, 0),
            counted: 1,
        }


async def test_the_time_of_one_try_begins_anew_when_a_request_is_sent_again() -> None:
    """A reused connection is lost after most of the time of a try; the second try takes as long and is in time."""

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        weir.clock.ahead_s += 0.7
        # The wheel looks at its timers every 100 ms of real time.
        await asyncio.sleep(0.25)
        if connection.number == 0 and asked.is_set():
            connection.reset()
            return
        connection.send(respond(b"%d" % connection.number))
        asked.set()
        await script(connection)

    asked = asyncio.Event()
    async with (
        ScriptedEndpoint(script) as endpoint,
        gateway(endpoint, route_timeouts={"backend_request_s": 1.0}) as weir,
    ):
        client = await weir.client()
        assert (await client.ask(GET))[2] == b"0"
        assert (await client.ask(GET))[2] == b"1"
        assert weir.count(metrics.RETRIES) == 1


async def test_the_time_of_the_whole_goes_on_over_several_tries() -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond())
        await connection.head()
        if connection.number == 0:
            connection.reset()
        else:
            await connection.reader.read()

    timeouts = {"request_s": 0.5, "backend_request_s": 0.4}
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, route_timeouts=timeouts) as weir:
        client = await weir.client()
        assert (await client.ask(GET))[0] == 200
        assert (await client.ask(GET))[0] == 200
        assert (await client.ask(GET))[0] == 504
        assert weir.count(metrics.TIMEOUT_REQUEST) + weir.count(metrics.TIMEOUT_BACKEND_REQUEST) == 1


async def test_an_early_timer_waits_for_its_time() -> None:
    async with ScriptedEndpoint(silent) as endpoint, gateway(endpoint, route_timeouts={"request_s": 30.0}) as weir:
        client = await weir.client()
        client.send(GET)
        await until(lambda: endpoint.connections == 1)
        exchange = weir.connection().exchange
        assert exchange is not None
        exchange.deadline_passed()
        assert exchange.error is None and weir.connection().deadline_timer.pending
