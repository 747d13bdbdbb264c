"""Three gateways in a row, each of which tries again, before a service that fails: it is not flooded."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.weir_process import WeirProcess, resource, route_to, static_backend
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint

REQUESTS = 200
RETRY = {
    "attempts": 3,
    "on": ["connect-failure", "reset", "5xx"],
    "backoff": {"base": "1ms", "max": "2ms"},
    "budget": {"percent": 20, "minPerSecond": 0},
}
GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


def chained(folder: Path, port: int) -> WeirProcess:
    """A gateway before `port` that trusts the one before it."""
    folder.mkdir()
    target = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "all"}
    policy = resource("TrafficPolicy", "again", {"targetRefs": [target], "retry": RETRY})
    trusting = {"forwarding": {"trustedProxies": ["127.0.0.0/8"]}}
    return WeirProcess(folder, static_backend("next", port), route_to("next"), policy, workers=2, process=trusting)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", None], ids=["503", "reset"])
@pytest.mark.slow
async def test_the_last_of_three_gateways_sees_at_most_a_fifth_more(tmp_path: Path, answer: bytes | None) -> None:
    asked = 0

    async def failing(connection: EndpointConnection) -> None:
        nonlocal asked
        while True:
            await connection.head()
            asked += 1
            if answer is None:
                connection.reset()
                return
            connection.send(answer)

    async with ScriptedEndpoint(failing) as service, AsyncExitStack() as gateways:
        port = service.port
        for number in range(3):
            weir = chained(tmp_path / str(number), port)
            gateways.callback(weir.close)
            await asyncio.to_thread(lambda weir=weir: weir.start().wait_ready())
            port = weir.port
        client = await RawClient.connect(port)
        statuses = [(await client.ask(GET))[0] for _ in range(REQUESTS)]
        client.close()
        assert set(statuses) == {503 if answer else 502}
        assert REQUESTS < asked <= 1.2 * REQUESTS
