"""Asks the server of `access.external` about a request, at an endpoint of its backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import aiohttp
from yarl import URL

from discovery.lease import Lease
from gateway.access.events import AccessEvent, Count
from policies.access.questions import Authorize, Authorized, NotAuthorized

MAX_UNDERWAY = 1024
"""Questions of one process at a time: a server that is slow must not hold ever more requests."""
MAX_ENDPOINTS = 2
"""Endpoints that are tried where a connection fails."""
MAX_BODY_BYTES = 64 << 10
"""As much of an answer's body is read, and thrown away, so that the connection lives."""
_OWN_HEADERS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class Asked(Protocol):
    """A backend of the data path, as `gateway.http.service.BackendTraffic` is."""

    def lease(self, tried: Sequence[str]) -> Lease | None:
        """An endpoint that is not among the ids `tried`; whoever has it gives it back."""


Find = Callable[[str], Asked | None]


class Authorizer:
    """Answers Authorize; `find` gives the backend of a name, `session` is that of the process."""

    def __init__(self, find: Find, session: Callable[[], aiohttp.ClientSession], count: Count) -> None:
        self._find = find
        self._session = session
        self._count = count
        self._underway = 0

    async def ask(self, question: Authorize) -> Authorized | NotAuthorized:
        """What the server said, within the time of the question; never raises for what it does."""
        answer = await self._bounded(question)
        kind = AccessEvent.AUTHORIZER_ASKED if isinstance(answer, Authorized) else AccessEvent.AUTHORIZER_FAILED
        self._count(kind)
        return answer

    async def _bounded(self, question: Authorize) -> Authorized | NotAuthorized:
        if self._underway >= MAX_UNDERWAY:
            return NotAuthorized(f"{MAX_UNDERWAY} requests wait for the authorizer already")
        self._underway += 1
        try:
            return await self._tries(question)
        finally:
            self._underway -= 1

    async def _tries(self, question: Authorize) -> Authorized | NotAuthorized:
        backend = self._find(question.backend)
        if backend is None:
            return NotAuthorized(f"backend {question.backend} is not loaded")
        tried: list[str] = []
        problem = f"backend {question.backend} has no endpoint"
        for _ in range(MAX_ENDPOINTS):
            lease = backend.lease(tried)
            if lease is None:
                break
            tried.append(lease.endpoint.id)
            try:
                answer = await self._one(question, lease)
            except aiohttp.ClientConnectorError as error:
                lease.fail()
                problem = f"{error}"
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                lease.fail()
                return NotAuthorized(f"{error}" or f"no answer within {question.timeout_s:g} s")
            except BaseException:
                lease.finish()
                raise
            else:
                lease.answered(answer.status)
                lease.finish()
                return answer
        return NotAuthorized(problem)

    async def _one(self, question: Authorize, lease: Lease) -> Authorized:
        endpoint = lease.endpoint
        address = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
        async with self._session().request(
            question.method,
            URL(f"http://{address}:{endpoint.port}{question.target}", encoded=True),
            headers=[*question.fields, ("Content-Length", str(len(question.body)))],
            data=question.body or None,
            skip_auto_headers=_OWN_HEADERS,
            timeout=aiohttp.ClientTimeout(total=question.timeout_s),
            allow_redirects=False,
        ) as response:
            await response.content.read(MAX_BODY_BYTES)
            return Authorized(response.status, [(name.lower(), value) for name, value in response.raw_headers])
