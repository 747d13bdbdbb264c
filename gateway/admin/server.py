"""The admin API: health, metrics, what the gateway has in force, as JSON, and changes of endpoints by hand."""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from config.resources.weir import Admin, AdminToken
from discovery.health.by_hand import Setting, TooMany
from gateway.admin import by_hand
from gateway.admin.backends import described
from gateway.admin.in_flight import in_flight, place_named, takes_requests
from gateway.explain import explain
from gateway.policy_world import PolicyWorld, nobody_counts
from gateway.question import BadQuestion, Question
from gateway.sockets import PortUnavailable, listening_socket
from gateway.telemetry.exposition import CONTENT_TYPE
from gateway.words import filter_words, match_words

if TYPE_CHECKING:
    from gateway.supervisor import Supervisor

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
OPEN_PATHS = frozenset({"/livez", "/readyz"})
"""Probes ask without a token."""

LINE_LIMIT_BYTES = 256 * 1024
"""A request to explain is part of the request line, and may be past the gateway's own limits on URL and headers."""


def _json(value: object, status: int = 200) -> web.Response:
    body = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str)
    return web.Response(body=body, status=status, content_type="application/json")


def _problem(status: int, title: str, detail: str) -> web.Response:
    """RFC 9457."""
    body = orjson.dumps({"type": "about:blank", "status": status, "title": title, "detail": detail})
    return web.Response(body=body, status=status, content_type="application/problem+json")


class AdminServer:
    """Serves `supervisor` in the running loop."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._runner: web.AppRunner | None = None
        self._tokens: tuple[AdminToken, ...] = ()
        self.address: tuple[str, int] = ("", 0)

    async def start(self, spec: Admin) -> None:
        """Listen where `spec` says. Raises PortUnavailable."""
        self._tokens = spec.tokens
        app = web.Application(middlewares=[self._guard], client_max_size=by_hand.BODY_BYTES)
        app.add_routes(
            [
                web.get("/livez", self._livez),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
                web.get("/api/v1/config", self._config),
                web.get("/api/v1/backends", self._backends),
                web.get("/api/v1/by-hand", self._by_hand),
                web.post("/api/v1/by-hand", self._set_by_hand),
                web.delete("/api/v1/by-hand", self._take_back_by_hand),
                web.get("/api/v1/in-flight", self._in_flight),
                web.get("/api/v1/routes", self._routes),
                web.get("/api/v1/workers", self._workers),
                web.get("/api/v1/explain", self._explain),
            ]
        )
        try:
            sock = listening_socket(spec.address, spec.port, shared=False)
        except PortUnavailable as error:
            raise PortUnavailable(f"admin API: {error} (spec.admin of the Weir resource sets another)") from error
        self.address = sock.getsockname()[:2]
        self._runner = web.AppRunner(app, access_log=None, max_line_size=LINE_LIMIT_BYTES)
        await self._runner.setup()
        await web.SockSite(self._runner, sock).start()

    async def close(self) -> None:
        """Stop."""
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in OPEN_PATHS and (refused := self._refusal(request)) is not None:
            return refused
        try:
            return await handler(request)
        except web.HTTPException as error:
            return _problem(error.status, error.reason, f"{request.method} {request.path}")

    def _refusal(self, request: web.Request) -> web.Response | None:
        """The answer to who may not ask this, else None."""
        token = self._token_of(request)
        if self._tokens and token is None:
            return _problem(401, "Unauthorized", "a bearer token of spec.admin.tokens is needed")
        if request.method not in READING and (token is None or token.role != "Write"):
            return _problem(403, "Forbidden", "a change needs a token of spec.admin.tokens with `role: Write`")
        return None

    def _token_of(self, request: web.Request) -> AdminToken | None:
        """The token that the request shows; all are compared, so that the time tells nothing."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found: AdminToken | None = None
        for token in self._tokens:
            try:
                secret = Path(token.file).read_bytes().strip()
            except OSError:
                continue
            same = bool(secret) and hmac.compare_digest(secret, given.strip().encode("utf-8", "replace"))
            # Of two with the same secret, the one that may do more.
            if same and (found is None or token.role == "Write"):
                found = token
        return found

    def _name_of(self, request: web.Request) -> str:
        """Who asks, for the log."""
        token = self._token_of(request)
        return token.name if token is not None else ""

    async def _livez(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        waiting = self._supervisor.waiting_for()
        if waiting:
            return _problem(503, "Not ready", f"waiting for {', '.join(waiting)}")
        return web.Response(text="ok\n")

    async def _metrics(self, _: web.Request) -> web.Response:
        body = await self._supervisor.metrics_page()
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def _config(self, _: web.Request) -> web.Response:
        reloader, snapshot = self._supervisor.reloader, self._supervisor.snapshot
        if snapshot is None:
            return _problem(503, "Not ready", "no configuration is in force yet")
        return _json(
            {
                "generation": snapshot.generation,
                "digest": snapshot.digest,
                "lastReload": {
                    "success": reloader.last_ok,
                    "appliedAt": reloader.applied_unix_s,
                    "durationSeconds": reloader.duration_s,
                    "keptFromBefore": reloader.from_kept,
                    "problems": [dataclasses.asdict(problem) for problem in reloader.problems],
                },
                "ports": [
                    {"key": port.key, "protocol": port.protocol, "listeners": [each.name for each in port.listeners]}
                    for port in snapshot.ports
                ],
                "backends": sorted(snapshot.backends),
                "statuses": [dataclasses.asdict(status) for status in snapshot.statuses],
            }
        )

    async def _backends(self, _: web.Request) -> web.Response:
        return _json({"backends": described(self._supervisor.discovery, self._supervisor.health)})

    async def _by_hand(self, _: web.Request) -> web.Response:
        unix_s = self._supervisor.runtime.unix_s()
        settings = self._supervisor.health.by_hand.all if self._supervisor.snapshot is not None else ()
        return _json({"settings": [setting.describe(unix_s) for setting in settings]})

    async def _set_by_hand(self, request: web.Request) -> web.Response:
        if self._supervisor.snapshot is None:
            return _problem(503, "Not ready", "no configuration is in force yet")
        unix_s = self._supervisor.runtime.unix_s()
        try:
            asked = by_hand.wanted(await request.read())
            setting = by_hand.setting_of(self._supervisor.health, asked, self._name_of(request), unix_s)
            place = place_named(self._supervisor.health, setting.backend, setting.endpoint)
            kept = await self._supervisor.by_hand.put(setting)
        except by_hand.BadRequest as error:
            return _problem(400, "Bad Request", str(error))
        except by_hand.NotThere as error:
            return _problem(404, "Not Found", str(error))
        except TooMany as error:
            return _problem(409, "Conflict", str(error))
        by_hand.told("set", setting, request.remote or "")
        return _json({**setting.describe(unix_s), "place": place, "kept": kept})

    async def _take_back_by_hand(self, request: web.Request) -> web.Response:
        if self._supervisor.snapshot is None:
            return _problem(503, "Not ready", "no configuration is in force yet")
        try:
            backend, endpoint, action = by_hand.taken_back(self._supervisor.health, request.query)
        except by_hand.BadRequest as error:
            return _problem(400, "Bad Request", str(error))
        except by_hand.NotThere as error:
            return _problem(404, "Not Found", str(error))
        if not await self._supervisor.by_hand.take_back(backend, endpoint, action):
            return _problem(404, "Not Found", f"no {action} is in force on {endpoint} of {backend}")
        over = Setting(backend, endpoint, action, 0.0, 0.0, who=self._name_of(request))
        by_hand.told("took back", over, request.remote or "")
        return _json({"backend": backend, "endpoint": endpoint, "action": action.value})

    async def _in_flight(self, request: web.Request) -> web.Response:
        crew = self._supervisor.crew
        if self._supervisor.snapshot is None or crew is None:
            return _problem(503, "Not ready", "no configuration is in force yet")
        health = self._supervisor.health
        try:
            backend = by_hand.backend_named(health, request.query.get("backend", ""))
            place = place_named(health, backend, request.query.get("endpoint", ""))
        except by_hand.NotThere as error:
            return _problem(404, "Not Found", str(error))
        takes, asked = takes_requests(health, backend, place), crew.running
        counts = in_flight(await crew.describe(), backend, place)
        return _json(
            {
                "backend": backend,
                "endpoint": place,
                "takesRequests": takes,
                "inFlight": sum(counts.values()),
                "workers": counts,
                "silentWorkers": max(0, asked - len(counts)),
            }
        )

    async def _workers(self, _: web.Request) -> web.Response:
        crew = self._supervisor.crew
        return _json({"workers": await crew.describe() if crew is not None else {}})

    async def _routes(self, _: web.Request) -> web.Response:
        snapshot = self._supervisor.snapshot
        rules = [
            {
                "port": port.key,
                "listener": listener.name,
                "hostnames": bound.hostnames,
                "rule": str(bound.rule.name),
                "kind": bound.rule.name.kind,
                "matches": [dataclasses.asdict(match) for match in bound.rule.matches],
                "matchesText": [match_words(match) for match in bound.rule.matches],
                "filters": [filter_words(filter_) for filter_ in bound.rule.filters],
                "backends": [
                    {"backend": each.backend, "weight": each.weight, "problem": each.problem}
                    for each in bound.rule.backends
                ],
            }
            for port in (snapshot.ports if snapshot is not None else ())
            for listener in port.listeners
            for bound in listener.rules
        ]
        return _json({"routes": rules})

    async def _explain(self, request: web.Request) -> web.Response:
        snapshot = self._supervisor.snapshot
        if snapshot is None:
            return _problem(503, "Not ready", "no configuration is in force yet")
        asked = request.query
        world = PolicyWorld(self._supervisor.runtime, nobody_counts)
        try:
            question = Question.of(
                asked.get("method", "GET"), asked.get("url", ""), asked.getall("header", ()), asked.get("source", "")
            )
            # In a thread: it builds the tables of the port anew, and discovery must not wait for that.
            views = dict(self._supervisor.health.views())
            explanation = await asyncio.to_thread(explain, snapshot, question, views, world.environment)
        except BadQuestion as error:
            return _problem(400, "Bad Request", str(error))
        finally:
            await world.close()
        return web.Response(body=explanation.model_dump_json(indent=2).encode(), content_type="application/json")
