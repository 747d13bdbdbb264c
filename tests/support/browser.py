"""Chromium without a window: one process with a profile of its own, and in it pages that share nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.support.devtools import DevTools, Page
from tools.running import RunningProgram

# In a container and as root the sandbox does not start; it asks nobody but the tests' own servers.
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
WAIT_S = 30.0


class Browser:
    """The process; it runs while entered. Names that end in `.localhost` are loopback to it, and secure contexts."""

    def __init__(self, program: Path, folder: Path) -> None:
        profile = folder / "profile"
        # Written once the browser listens: the port, and the path of its own socket.
        self._told = profile / "DevToolsActivePort"
        self._program = RunningProgram(
            [str(program), *OPTIONS, f"--user-data-dir={profile}", "about:blank"], folder / "browser.log"
        )

    def __enter__(self) -> Browser:
        self._program.start(lambda: self._told.exists() and self._told.read_text().count("\n") > 0, WAIT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._program.stop()

    @asynccontextmanager
    async def visitor(self) -> AsyncIterator[Visitor]:
        """Someone with no cookies and an empty cache, forgotten at the end."""
        port, path = self._told.read_text().split("\n")[:2]
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0) as socket,
        ):
            devtools = DevTools(socket)
            listening = asyncio.create_task(devtools.listen(), name="devtools")
            try:
                context = (await devtools.call("Target.createBrowserContext"))["browserContextId"]
                yield Visitor(devtools, str(context))
                await devtools.call("Target.disposeBrowserContext", {"browserContextId": context})
            finally:
                listening.cancel()
                await asyncio.wait([listening])


class Visitor:
    """What the pages of one person share: cookies and caches."""

    def __init__(self, devtools: DevTools, context: str) -> None:
        self._devtools = devtools
        self._context = context

    async def page(self, address: str) -> Page:
        """A new page, loaded from `address`."""
        target = {"url": "about:blank", "browserContextId": self._context}
        made = await self._devtools.call("Target.createTarget", target)
        attached = {"targetId": made["targetId"], "flatten": True}
        session = (await self._devtools.call("Target.attachToTarget", attached))["sessionId"]
        page = Page(self._devtools, str(session))
        for domain in ("Page", "Network", "Runtime"):
            await page.call(f"{domain}.enable")
        await page.open(address)
        return page
