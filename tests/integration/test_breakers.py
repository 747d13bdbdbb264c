"""A breaker over the workers of a process: one opens it, and all leave the backend alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.weir_process import WeirProcess, resource, route_to, static_backend
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


async def test_what_one_worker_opens_is_open_in_all(tmp_path: Path) -> None:
    asked = 0

    async def failing(connection: EndpointConnection) -> None:
        nonlocal asked
        while True:
            await connection.head()
            asked += 1
            connection.send(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")

    failures = {"threshold": 6, "openFor": "1h"}
    target = {"group": "weir.dev", "kind": "Backend", "name": "orders"}
    policy = resource("BackendPolicy", "orders", {"targetRefs": [target], "circuitBreaker": {"failures": failures}})
    async with ScriptedEndpoint(failing) as service:
        weir = WeirProcess(tmp_path, static_backend("orders", service.port), route_to("orders"), policy, workers=3)
        weir.start()
        try:
            await asyncio.to_thread(weir.wait_ready)
            one = await RawClient.connect(weir.port)
            # The share of each of three workers is two.
            assert [(await one.ask(GET))[0] for _ in range(3)] == [500, 500, 503]
            await weir.until(lambda: weir.metric("weir_breakers_active") == 3)
            for _ in range(12):
                client = await RawClient.connect(weir.port)
                assert (await client.ask(GET))[0] == 503
                client.close()
            one.close()
        finally:
            weir.close()
    assert asked == 2
