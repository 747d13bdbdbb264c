"""Accepting within the limits."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.data_path import gateway
from tests.support.wire import ScriptedEndpoint, answering

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


async def test_connections_past_the_limit_wait_and_are_served_later() -> None:
    async with (
        ScriptedEndpoint(answering) as endpoint,
        gateway(endpoint, process={"limits": {"connections": 2}}) as weir,
    ):
        first, second = await weir.client(), await weir.client()
        assert (await first.ask(GET))[0] == 200
        assert (await second.ask(GET))[0] == 200
        third = await weir.client()
        third.send(GET)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(third.reader.readexactly(1), 0.3)
        first.close()
        second.close()
        assert (await third.answer())[0] == 200


async def test_connections_of_one_source_past_the_limit_are_429() -> None:
    async with (
        ScriptedEndpoint(answering) as endpoint,
        gateway(endpoint, process={"limits": {"connectionsPerSource": 1}}) as weir,
    ):
        first = await weir.client()
        assert (await first.ask(GET))[0] == 200
        second = await weir.client()
        assert (await second.rest()).startswith(b"HTTP/1.1 429 ")
        first.close()
        await asyncio.sleep(0.05)
        third = await weir.client()
        assert (await third.ask(GET))[0] == 200
