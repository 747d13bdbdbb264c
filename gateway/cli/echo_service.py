"""The service behind `weir echo`: its HTTP side, and its end without a lost request."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass

from aiohttp import HttpVersion11, web

from gateway.cli.consul_registration import AgentURL, Registration, own_address
from gateway.tasks import Tasks

FINISH_S = 10.0
"""What is in flight has this long to finish once the socket is closed."""

ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not bound


@dataclass(frozen=True, slots=True)
class EchoSettings:
    """The options of `weir echo`; without `agent` it is registered nowhere."""

    host: str
    port: int
    name: str
    delay_s: float
    drain_s: float
    agent: AgentURL | None
    service: str
    tags: tuple[str, ...]
    advertise: str


class EchoService:
    """Answers requests as `name`; while it drains, each answer closes its connection."""

    def __init__(self, name: str, delay_s: float) -> None:
        self.name = name
        self.draining = False
        self._delay_s = delay_s

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """What arrived; `/healthz` alone is answered `ok`, and without the delay."""
        if request.raw_path == "/healthz":
            return web.Response(text="ok\n")
        if request.headers.get("Expect", "").lower() == "100-continue" and request.version == HttpVersion11:
            # A server without routes leaves this to its handler; a client that waits for it would lose a second.
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body_bytes = 0
        async for part in request.content.iter_any():
            body_bytes += len(part)
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        path, _, query = request.raw_path.partition("?")
        headers: dict[str, str] = {}
        for name, value in request.headers.items():
            lower = name.lower()
            headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
        peer = request.transport.get_extra_info("peername") if request.transport is not None else None
        answer = web.json_response(
            {
                "name": self.name,
                "method": request.method,
                "path": path,
                "query": query,
                "headers": headers,
                "bodyBytes": body_bytes,
                "client": f"{peer[0]}:{peer[1]}" if peer else "",
            }
        )
        if self.draining:
            answer.force_close()
        return answer


async def serve(settings: EchoSettings) -> None:
    """Serve until a signal, and leave in order. Raises OSError where the address cannot be had."""
    loop = asyncio.get_running_loop()
    tasks = Tasks()
    stop, cut = asyncio.Event(), asyncio.Event()

    def signalled() -> None:
        if stop.is_set():
            cut.set()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled)
    service = EchoService(settings.name, settings.delay_s)
    # No routes: `OPTIONS *` has no path that a router would take.
    runner = web.ServerRunner(web.Server(service.answer, access_log=None), shutdown_timeout=FINISH_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host or None, settings.port).start()
        port = int(runner.addresses[0][1])
        service.name = settings.name or f"{settings.service or 'echo'}-{port}"
        registration = await _registration(settings, port)
        _say(f"{service.name} listens on {_place(settings.host, port)}")
        keeping = tasks.spawn(registration.keep(_say), name="registration") if registration is not None else None
        await stop.wait()
        service.draining = True
        leaving = tasks.spawn(_leave(registration, keeping, settings.drain_s), name="leave")
        cutting = tasks.spawn(cut.wait(), name="second signal")
        await asyncio.wait({leaving, cutting}, return_when=asyncio.FIRST_COMPLETED)
        ending = tasks.spawn(runner.cleanup(), name="end")
        await asyncio.wait({ending, cutting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await tasks.cancel_all()
        if not cut.is_set():
            await runner.cleanup()


async def _registration(settings: EchoSettings, port: int) -> Registration | None:
    agent = settings.agent
    if agent is None:
        return None
    address = settings.advertise or settings.host
    if address in ANY_ADDRESS:
        address = await asyncio.to_thread(own_address, agent)
    return Registration(agent, settings.service, address, port, settings.tags)


async def _leave(registration: Registration | None, keeping: asyncio.Task[object] | None, drain_s: float) -> None:
    """Leave Consul, then give those who were told late the time to stop asking."""
    if registration is None or keeping is None:
        return
    keeping.cancel()
    await asyncio.wait({keeping})
    await registration.end(_say)
    await asyncio.sleep(drain_s)


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
