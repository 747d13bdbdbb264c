"""A small HTTP server in place of a Consul agent, which answers as wrongly as a test wants."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import orjson
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def instance(
    identity: str,
    port: int = 9000,
    *,
    status: str = "passing",
    tags: Sequence[str] = (),
    **service: object,
) -> dict[str, object]:
    """One row of a health answer, with the fields that Consul 1.8 sends."""
    return {
        "Node": {"Node": "n1", "Address": "127.0.0.1", "Meta": {"zone": "node-zone"}, "TaggedAddresses": {}},
        "Service": {
            "ID": identity,
            "Service": "orders",
            "Tags": list(tags),
            "Address": "127.0.0.1",
            "Port": port,
            "Meta": {},
            "Weights": {"Passing": 10, "Warning": 2},
            **service,
        },
        "Checks": [{"CheckID": "serfHealth", "Status": "passing"}, {"CheckID": "own", "Status": status}],
    }


def answer(
    rows: Sequence[Mapping[str, object]], index: int | str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A good answer."""
    return web.Response(
        body=orjson.dumps([*rows]),
        content_type="application/json",
        headers={"X-Consul-Index": str(index), "X-Consul-KnownLeader": "true", "X-Consul-LastContact": "0"}
        | dict(headers or {}),
    )


class ScriptedConsul:
    """Answers the n-th request with the n-th step of `script`, and holds those after it until the end.

    `requests` are the query strings that came, `tokens` their ACL tokens, `asked` is set with every request.
    """

    def __init__(self, *script: web.Response | Handler, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.script: list[web.Response | Handler] = list(script)
        self.requests: list[Mapping[str, str]] = []
        self.tokens: list[str | None] = []
        self._news = asyncio.Event()
        self._more = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._next = 0
        self.address = ""

    def add(self, *steps: web.Response | Handler) -> None:
        """Go on with these; a request that is held gets the first."""
        self.script += steps
        self._more.set()

    async def until_asked(self, times: int, limit_s: float = 10.0) -> None:
        """Wait until so many requests have come. Raises TimeoutError."""
        async with asyncio.timeout(limit_s):
            while len(self.requests) < times:
                self._news.clear()
                await self._news.wait()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append({name: request.query[name] for name in request.query})
        self.tokens.append(request.headers.get("X-Consul-Token"))
        self._news.set()
        while self._next >= len(self.script):
            self._more.clear()
            await self._more.wait()
        step = self.script[self._next]
        self._next += 1
        return step if isinstance(step, web.Response) else await step(request)

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()
