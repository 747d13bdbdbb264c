"""The DevTools protocol, as far as tests of web pages need it: loading, scripts, and what went over the network.

Source: the protocol's description, domains Target, Page, Runtime and Network.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

WAIT_S = 30.0

Values = Mapping[str, object]


class DevToolsError(Exception):
    """The browser refused a command, or a script of a page failed."""


class DevTools:
    """One connection to a browser. Events go to whoever listens for their session."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.listeners: dict[str, Callable[[str, dict[str, Any]], None]] = {}

    async def call(self, method: str, parameters: Values | None = None, session: str = "") -> dict[str, Any]:
        """The result of a command, of a page's `session` or of the browser. Raises DevToolsError, TimeoutError."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        about = {"sessionId": session} if session else {}
        await self._socket.send_json({"id": number, "method": method, "params": parameters or {}, **about})
        try:
            message = await asyncio.wait_for(answer, WAIT_S)
        finally:
            del self._answers[number]
        if "error" in message:
            raise DevToolsError(f"{method}: {message['error']}")
        result: dict[str, Any] = message["result"]
        return result

    async def listen(self) -> None:
        """Hand on what arrives, until the connection ends."""
        async for arrived in self._socket:
            message = json.loads(arrived.data)
            if "id" in message:
                if (answer := self._answers.get(message["id"])) is not None and not answer.done():
                    answer.set_result(message)
            elif (listener := self.listeners.get(message.get("sessionId", ""))) is not None:
                listener(message["method"], message["params"])


@dataclass(slots=True)
class Exchange:
    """One request of a page as it went over the network; `fields` of the answer by lower-case name, as they came.

    `kind` is `Document`, `Fetch`, `Preflight`, `EventSource`, ...; `status` is what the page is told and `wire_status`
    what the server said, as 304; `wire_bytes` counts the octets of the answer; `refusal` is why a page may not know it.
    """

    address: str
    method: str
    kind: str
    status: int = 0
    wire_status: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    wire_bytes: int = 0
    ended: bool = False
    refusal: str = ""


class Page:
    """One page. `exchanges` are those of all that it loaded, in order."""

    def __init__(self, devtools: DevTools, session: str) -> None:
        self._devtools = devtools
        self._session = session
        self._loaded = 0
        self._news = asyncio.Event()
        self._of_request: dict[str, Exchange] = {}
        self.exchanges: list[Exchange] = []
        devtools.listeners[session] = self._take

    async def call(self, method: str, parameters: Values | None = None) -> dict[str, Any]:
        """The result of a command to this page. Raises DevToolsError, TimeoutError."""
        return await self._devtools.call(method, parameters, self._session)

    async def open(self, address: str) -> None:
        """Load the page at `address`. Raises DevToolsError where it cannot be reached."""
        before = self._loaded
        told = await self.call("Page.navigate", {"url": address})
        if "errorText" in told:
            raise DevToolsError(f"{address}: {told['errorText']}")
        await self.until(lambda: self._loaded > before)

    async def reload(self) -> None:
        """Load it again, as its user would."""
        before = self._loaded
        await self.call("Page.reload")
        await self.until(lambda: self._loaded > before)

    async def run(self, script: str) -> object:
        """What the body of an async function returns, as JSON has it. Raises DevToolsError where it throws."""
        parameters = {"expression": f"(async () => {{{script}}})()", "awaitPromise": True, "returnByValue": True}
        told = await self.call("Runtime.evaluate", parameters)
        if "exceptionDetails" in told:
            raise DevToolsError(f"{script}: {told['exceptionDetails']}")
        return told["result"].get("value")

    async def cookies(self, address: str) -> dict[str, dict[str, Any]]:
        """The cookies that the browser would send to `address`, by name."""
        told = await self.call("Network.getCookies", {"urls": [address]})
        return {each["name"]: each for each in told["cookies"]}

    def of_kind(self, kind: str) -> list[Exchange]:
        """The exchanges of that kind."""
        return [each for each in self.exchanges if each.kind == kind]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until what the browser tells makes it hold. Raises TimeoutError."""
        async with asyncio.timeout(WAIT_S):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def _take(self, event: str, told: dict[str, Any]) -> None:
        domain, _, name = event.partition(".")
        if event == "Page.loadEventFired":
            self._loaded += 1
        elif domain == "Network" and "requestId" in told:
            self._note(name, told)
        self._news.set()

    def _note(self, name: str, told: dict[str, Any]) -> None:
        request = told["requestId"]
        if name == "requestWillBeSent":
            asked = told["request"]
            preflight = told["initiator"]["type"] == "preflight"
            exchange = Exchange(asked["url"], asked["method"], "Preflight" if preflight else told.get("type", ""))
            if (early := self._of_request.get(request)) is not None and not early.address:
                exchange.fields, exchange.wire_status = early.fields, early.wire_status
            self._of_request[request] = exchange
            self.exchanges.append(exchange)
            return
        # What was read off the wire may be told before the request itself.
        exchange = self._of_request.setdefault(request, Exchange("", "", ""))
        if name == "responseReceived":
            exchange.status = told["response"]["status"]
        elif name == "responseReceivedExtraInfo":
            exchange.fields = {key.lower(): value for key, value in told["headers"].items()}
            exchange.wire_status = told["statusCode"]
        elif name == "loadingFinished":
            exchange.wire_bytes, exchange.ended = int(told["encodedDataLength"]), True
        elif name == "loadingFailed":
            exchange.refusal = told.get("corsErrorStatus", {}).get("corsError", "") or told["errorText"]
            exchange.ended = True
