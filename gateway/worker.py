"""One worker: takes its orders from the supervisor over a channel and serves with the data path.

It goes on serving with what it has when the supervisor is gone; SIGTERM then drains it. Exit code 0 after a drain, 1
where it could not start.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import random
import signal
import socket
import sys
from collections import deque
from collections.abc import Sequence

import uvloop

from config.resources.weir import RedisServer
from config.snapshot import BoundRule
from discovery.whereabouts import whereabouts
from gateway import ipc
from gateway.allocator import keep_freed_memory
from gateway.background import in_background
from gateway.garbage import collection_held, let_go
from gateway.http.service import DataPath, Prepared
from gateway.in_flight_memory import attach
from gateway.parcel import Contents, unpack
from gateway.policy_world import PolicyWorld
from gateway.rate_limits.node_counters import NodeCounters
from gateway.rate_limits.shared_counters import SharedCounters, Store
from gateway.runtime import Runtime
from gateway.tasks import Tasks
from gateway.telemetry import metrics
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.process_log import set_up_logging
from policies.rate_limit.shared_meter import StoreQuestion

log = logging.getLogger("weir.worker")


class Worker:
    """Serves in the running loop what `control` orders; `ended` is set once it has drained."""

    def __init__(self, control: socket.socket) -> None:
        self.ended = asyncio.Event()
        self._tasks = Tasks(self._task_failed)
        asyncio.get_running_loop().set_exception_handler(self._tasks.loop_failed)
        self._path: DataPath | None = None
        self._log: AccessLog | None = None
        self._world: PolicyWorld | None = None
        self._shared: SharedCounters | None = None
        self._limits = -1
        """The file of the limits' memory, open while its tables are used."""
        self._shutdown_timeout_s = 30.0
        self._held: Contents | None = None
        """What the next configuration may build on; of one that could not be applied too."""
        self._put_off: deque[tuple[ipc.Message, Sequence[int]]] | None = None
        """Orders that came while a configuration is worked out, and that need it; None while none is."""
        keep_freed_memory()
        self._channel = ipc.Channel(control, self._obey, self._orphaned)

    def drain(self) -> None:
        """Finish within the shutdown timeout, then end."""
        self._tasks.spawn(self._drain(self._shutdown_timeout_s), name="drain")

    def reopen_logs(self) -> None:
        """Open the access log again."""
        if self._log is not None:
            self._log.reopen()

    async def close(self) -> None:
        """Cut what is left and let go of everything."""
        if self._path is not None:
            self._path.close()
        if self._log is not None:
            self._log.end()
            await asyncio.to_thread(self._log.close)
        self._channel.close()
        if self._world is not None:
            await self._world.close()
        if self._shared is not None:
            await self._shared.close()
        if self._limits >= 0:
            os.close(self._limits)
            self._limits = -1
        await self._tasks.cancel_all()
        for _, descriptors in self._put_off or ():
            for descriptor in descriptors:
                os.close(descriptor)

    def _obey(self, message: ipc.Message, descriptors: Sequence[int]) -> None:
        match message:
            case ipc.Start():
                self._start(message, *descriptors)
            case ipc.Configure() | ipc.Serve() | ipc.StopListening() if self._put_off is not None:
                self._put_off.append((message, descriptors))
            case ipc.Configure():
                self._put_off = deque()
                self._tasks.spawn(self._configure(message), name="configure")
            case ipc.Endpoints(view, slots):
                self._data_path.apply_endpoints(view, slots)
            case ipc.BreakerOpened(backend, endpoint):
                self._data_path.open_breaker(backend, endpoint)
            case ipc.Serve(port_key):
                sock = socket.socket(fileno=descriptors[0])
                sock.settimeout(0.0)
                self._data_path.serve(port_key, sock)
            case ipc.StopListening(port_key, timeout_s):
                self._tasks.spawn(self._data_path.drain_port(port_key, timeout_s), name=f"drain {port_key}")
            case ipc.Drain(timeout_s):
                self._tasks.spawn(self._drain(timeout_s), name="drain")
            case ipc.ReopenLogs():
                self.reopen_logs()
            case ipc.CountOutcomes(backend):
                self._channel.send(ipc.Outcomes(backend, self._data_path.outcomes(backend)))
            case ipc.Describe(number):
                self._channel.send(ipc.Described(number, self._data_path.describe()))
            case _:
                log.error("the supervisor sent an unexpected %s", type(message).__name__)

    @property
    def _data_path(self) -> DataPath:
        assert self._path is not None, "Start comes first"
        return self._path

    def _start(self, message: ipc.Start, memory: int, limits: int, table: int | None = None) -> None:
        ledger = message.layout.attach(memory, message.index)
        os.close(memory)
        in_flight = None
        if table is not None:
            if message.layout.workers > 1:
                in_flight = attach(table, message.index, message.layout.workers)
            os.close(table)
        spec = message.process.telemetry.access_log
        chance = random.Random()  # noqa: S311 -- draws samples and endpoints, no secrets
        loop = asyncio.get_running_loop()
        self._log = AccessLog(spec.path, spec.fields, spec.sample, spec.queue_entries, ledger, chance, loop.call_later)
        here = whereabouts(os.environ, socket.gethostname())
        runtime = Runtime(loop, self._tasks.spawn, random=chance, whereabouts=here, in_flight=in_flight)
        rates, flights = message.limits.attach(limits, message.index, ledger)
        self._limits = limits
        self._shared = SharedCounters(runtime, ledger, redis_store)
        self._world = world = PolicyWorld(
            runtime,
            lambda event: ledger.add(metrics.ACCESS_EVENTS[event]),
            message.session_key,
            NodeCounters(runtime.clock, rates, flights, ledger, self._shared),
            {StoreQuestion: self._shared.answer},
        )
        self._path = DataPath(
            runtime,
            ledger,
            self._log,
            environment=world.environment,
            answers=world.answers,
            descriptors=message.descriptors,
            report=lambda backend, endpoint, cause: self._channel.send(ipc.Struck(backend, endpoint, cause)),
            workers=message.layout.workers,
        )
        world.find = self._path.backend
        self._path.breaker_opened = self._breaker_opened

    def _breaker_opened(self, backend: str, endpoint: str) -> None:
        self._channel.send(ipc.BreakerOpened(backend, endpoint))

    async def _configure(self, message: ipc.Configure) -> None:
        """Unpack and compile beside the traffic, swap at once, then obey what came meanwhile and builds on it."""
        old: list[list[BoundRule] | dict[object, object]] = [self._held.rules] if self._held is not None else []
        try:
            with collection_held():
                prepared = await in_background(self._prepare, message.packed)
                assert self._held is not None
                self._shutdown_timeout_s = prepared.snapshot.process.shutdown_timeout.seconds
                assert self._shared is not None
                self._shared.configure(prepared.snapshot.process.redis)
                old += self._data_path.apply_snapshot(prepared, self._held.series)
        except Exception as error:
            log.exception("generation %d could not be applied", message.generation)
            self._channel.send(ipc.Applied(message.generation, f"{type(error).__name__}: {error}"))
            old.clear()
        else:
            self._channel.send(ipc.Applied(message.generation))
        put_off, self._put_off = self._put_off or (), None
        for later, descriptors in put_off:
            self._obey(later, descriptors)
        await in_background(let_go, old)

    def _prepare(self, packed: bytes) -> Prepared:
        """What `packed` says, compiled."""
        self._held = unpack(packed, self._held)
        if self._held.snapshot.process.redis is not None:
            # Its library takes a tenth of a second to import, which traffic must not wait for.
            import gateway.rate_limits.redis_store  # noqa: F401
        return self._data_path.prepare(self._held.snapshot)

    async def _drain(self, timeout_s: float) -> None:
        complete = True
        if self._path is not None:
            complete = await self._path.drain(timeout_s)
        self._channel.send(ipc.Drained(complete))
        await self._channel.flushed()
        self.ended.set()

    def _orphaned(self) -> None:
        if self._path is None:
            self.ended.set()
        else:
            log.warning("the supervisor is gone; serving on with what is known until SIGTERM")

    def _task_failed(self) -> None:
        if self._path is not None:
            self._path.ledger.add(metrics.TASK_FAILURES)


def redis_store(spec: RedisServer) -> Store:
    """The store of shared limits."""
    from gateway.rate_limits.redis_store import RedisStore

    return RedisStore(spec)


async def serve(control: socket.socket) -> int:
    """Run a worker process until it has drained."""
    worker = Worker(control)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, worker.drain)
    loop.add_signal_handler(signal.SIGUSR1, worker.reopen_logs)
    # ^C and a hang-up reach the whole process group; the supervisor decides what follows.
    for number in (signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, lambda: None)
    gc.collect()
    await worker.ended.wait()
    await worker.close()
    return 0


def main(arguments: Sequence[str]) -> int:
    """`python -m gateway.worker DESCRIPTOR`, as the supervisor starts it."""
    set_up_logging()
    return uvloop.run(serve(socket.socket(fileno=int(arguments[0]))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
