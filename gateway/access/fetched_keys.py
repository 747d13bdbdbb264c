"""The keys of an issuer, fetched from its URL: again and again, and when a token names one that is not among them."""

from __future__ import annotations

import asyncio
import logging

import aiohttp

from discovery.sources.backoff import Backoff
from gateway.access.events import AccessEvent, Count
from gateway.runtime import Runtime
from policies.access.key_set import KeySet

log = logging.getLogger("weir.access")

MAX_BODY_BYTES = 1 << 20
ON_DEMAND_PAUSE_S = 10.0
"""Between the beginnings of two fetches that tokens bring about: anyone can write one with a key that nobody has."""
MAX_WAITING = 128
"""Requests that wait for one fetch; those that come then are answered by the keys that there are."""
JITTER = 0.1
"""By this share a pause is shorter, so that workers and gateways that began together do not ask together."""

_HEADERS = {"accept": "application/jwk-set+json, application/json", "accept-encoding": "identity"}


class FetchedKeys:
    """Material from a URL of http or https; a failed fetch leaves the last good keys, and is tried again soon.

    `problem` says what was wrong with the last fetch, "" where nothing was.
    """

    def __init__(self, url: str, refresh_s: float, timeout_s: float, runtime: Runtime, count: Count) -> None:
        self.url = url
        self.current: KeySet | None = None
        self.problem = ""
        self._refresh_s = refresh_s
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._runtime = runtime
        self._count = count
        self._backoff = Backoff(runtime.random)
        self._body = b""
        self._underway: asyncio.Task[object] | None = None
        self._waiting = 0
        self._began_ns: int | None = None
        self._next_ns = 0

    def fetch_if_due(self, session: aiohttp.ClientSession) -> None:
        """Begin a fetch where the time for it has come."""
        if self._underway is None and self._runtime.clock.monotonic_ns() >= self._next_ns:
            self._begin(session)

    async def refresh(self, session: aiohttp.ClientSession) -> None:
        """Return once it is known whether there are newer keys; soon where that has been asked of late, or by many."""
        if self._underway is None:
            now_ns = self._runtime.clock.monotonic_ns()
            if self._began_ns is not None and now_ns - self._began_ns < ON_DEMAND_PAUSE_S * 1e9:
                return
            self._begin(session)
        if self._underway is None or self._waiting >= MAX_WAITING:
            return
        self._waiting += 1
        try:
            # A request that ends meanwhile does not end the fetch for others.
            await asyncio.wait([self._underway])
        finally:
            self._waiting -= 1

    def _begin(self, session: aiohttp.ClientSession) -> None:
        self._began_ns = self._runtime.clock.monotonic_ns()
        self._underway = self._runtime.spawn(self._fetch(session), name=f"keys of {self.url}")

    async def _fetch(self, session: aiohttp.ClientSession) -> None:
        try:
            body = await self._get(session)
            if body != self._body:
                # A set of a hundred keys takes a few milliseconds.
                self.current = await asyncio.to_thread(KeySet.parse, body)
                self._body = body
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            self._fail(f"{error}" or type(error).__name__)
        else:
            self.problem = ""
            self._backoff.reset()
            self._count(AccessEvent.KEYS_FETCHED)
            self._put_off(self._refresh_s * (1.0 - JITTER * self._runtime.random.random()))
        finally:
            self._underway = None

    async def _get(self, session: aiohttp.ClientSession) -> bytes:
        """The body of a 200. A redirect is not followed: it could lead from https to http, or into the own network."""
        async with session.get(self.url, headers=_HEADERS, timeout=self._timeout, allow_redirects=False) as response:
            if response.status != 200:
                raise ValueError(f"status {response.status}, not 200")
            if coding := response.headers.get("content-encoding", ""):
                raise ValueError(f"the content coding {coding}, which was not asked for")
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > MAX_BODY_BYTES:
                    raise ValueError(f"more than {MAX_BODY_BYTES >> 10} KiB")
            return bytes(body)

    def _fail(self, problem: str) -> None:
        self._count(AccessEvent.KEYS_NOT_FETCHED)
        if problem != self.problem:
            stays = "the last keys hold on" if self.current is not None else "tokens are refused"
            log.error("%s: %s; %s", self.url, problem, stays)
        self.problem = problem
        self._put_off(min(self._backoff.next_s(), self._refresh_s))

    def _put_off(self, pause_s: float) -> None:
        self._next_ns = self._runtime.clock.monotonic_ns() + int(pause_s * 1e9)
