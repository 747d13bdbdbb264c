"""A real HTTP server on loopback that gives out a key set, well or badly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


class KeyServer:
    """Answers `/keys` with `body` and what else is set, once `gate` is open; counts how often it was asked."""

    def __init__(self) -> None:
        self.body = b""
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        await self.gate.wait()
        return web.Response(body=self.body, status=self.status, headers=self.headers)


@asynccontextmanager
async def key_server(body: bytes) -> AsyncIterator[KeyServer]:
    """One on a free port, while entered."""
    server = KeyServer()
    server.body = body
    app = web.Application()
    app.router.add_get("/keys", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}/keys"
    try:
        yield server
    finally:
        server.gate.set()
        await runner.cleanup()
