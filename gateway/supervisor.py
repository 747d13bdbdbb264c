"""The supervisor: reads the configuration, discovers backends, holds the sockets, leads the workers.

SIGTERM and SIGINT drain within `shutdownTimeout`, a second one ends at once; SIGHUP reads the configuration again;
SIGUSR1 opens the access log again. When the supervisor itself is killed, its workers serve on, each until SIGTERM.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from enum import IntEnum
from pathlib import Path

from config.resources.weir import WeirSpec
from config.snapshot import Snapshot
from config.sources.text import SourceText
from discovery.asked import load_clients
from discovery.endpoint import EndpointSet
from discovery.health.board import HealthBoard
from discovery.health.by_hand import ByHand
from discovery.in_flight import Slots
from discovery.registry import Discovery
from gateway import ipc, service_manager
from gateway.admin.server import AdminServer
from gateway.crew import Crew, Post
from gateway.garbage import collection_held
from gateway.in_flight_memory import SLOTS, InFlightMemory
from gateway.kept_by_hand import KeptByHand
from gateway.named_source import NamedSource
from gateway.parcel import Contents, Shipment
from gateway.rate_limits.segment import LimitLayout, LimitSegment
from gateway.reload import ConfigSource, Load, Loaded, Rejected, Reloader
from gateway.runtime import Runtime
from gateway.session_key import session_key
from gateway.sockets import ListeningSockets, PortUnavailable
from gateway.tasks import Tasks
from gateway.telemetry.exposition import SupervisorReading, render
from gateway.telemetry.segment import Layout, Segment
from gateway.telemetry.series import SeriesTable

log = logging.getLogger("weir.supervisor")


class Exit(IntEnum):
    """Exit codes of `weir run`; 2 is a wrong command line.

    `CONFIG`: nothing valid to begin with; `PORT`: a port or the pid file is taken or not permitted; `CUT`: it stopped,
    but exchanges were cut at the end of `shutdownTimeout` or by a second signal.
    """

    DONE = 0
    FAILED = 1
    CONFIG = 3
    PORT = 4
    CUT = 5


MakeSource = Callable[[WeirSpec, Sequence[SourceText], Runtime], NamedSource | None]


class Supervisor:
    """One gateway. `state_folder` goes before `stateDir` of the configuration, `workers` before its `workers`.

    `make_source` makes the source that the Weir resource among `sources` names; see `gateway.named_source.Make`.
    """

    def __init__(
        self,
        sources: Sequence[ConfigSource],
        load: Load,
        *,
        make_source: MakeSource = lambda _process, _known, _runtime: None,
        state_folder: Path | None = None,
        workers: int | None = None,
    ) -> None:
        self.task_failures = 0
        self.tasks = Tasks(self._task_failed)
        self.runtime = Runtime(asyncio.get_running_loop(), self.tasks.spawn)
        self.reloader = Reloader(
            sources,
            self._load_packed,
            self._apply,
            state_folder=state_folder,
            make=lambda process, known: make_source(process, known, self.runtime),
            spawn=self.tasks.spawn,
        )
        self.crew: Crew | None = None
        self._load = load
        self._shipment: Shipment | None = None
        self._next: Shipment | None = None
        self._sources = sources
        self._worker_count = workers or 0
        self._descriptors = 0
        self._session_key = b""
        self._segment: Segment | None = None
        self._limits: LimitSegment | None = None
        self._in_flight: InFlightMemory | None = None
        self._slots = Slots(SLOTS)
        self._series: SeriesTable | None = None
        self._sockets: ListeningSockets | None = None
        self._discovery: Discovery | None = None
        self._health: HealthBoard | None = None
        self._by_hand: KeptByHand | None = None
        self._port_problem = ""
        self._was_ready = False
        self._stop = asyncio.Event()
        self._cut = asyncio.Event()

    # --- life ----------------------------------------------------------------------------------------------------

    async def run(self) -> Exit:
        """Serve until told to stop."""
        self._listen_to_signals()
        started = await self.reloader.start()
        if not started and not self.reloader.waiting:
            await self._close()
            return self._why_not_started()
        process = self._snapshot.process if started else self.reloader.process
        if self._discovery is None:
            self._found(process)
        self._descriptors = service_manager.raise_descriptor_limit(process.file_descriptors)
        pid_file = Path(process.pid_file) if process.pid_file else None
        admin = AdminServer(self)
        try:
            if pid_file is not None:
                service_manager.write_pid_file(pid_file)
            await admin.start(process.admin)
        except (service_manager.PidFileTaken, PortUnavailable, OSError) as error:
            log.critical("%s", error)
            await admin.close()
            await self._close()
            return Exit.PORT
        for source in self._sources:
            self.tasks.spawn(self.reloader.watch(source), name="watch configuration")
        self.tasks.spawn(self._watchdog(), name="watchdog")
        try:
            if not await self._configured():
                return self._why_not_started()
            crew = self.crew = Crew(self._worker_count, self, self.tasks, inside=self._worker_count == 1)
            crew.start()
            await self._stop.wait()
            return await self._shut_down(crew)
        finally:
            await admin.close()
            await self._close()
            if pid_file is not None:
                service_manager.remove_pid_file(pid_file)

    async def _configured(self) -> bool:
        """Wait for a source that has not answered; whether a configuration is in force."""
        reloader = self.reloader
        while reloader.snapshot is None and reloader.waiting and not self._stop.is_set():
            reloader.judged.clear()
            await reloader.judged.wait()
        return reloader.snapshot is not None

    def _why_not_started(self) -> Exit:
        if self._stop.is_set():
            return Exit.DONE
        return Exit.PORT if self._port_problem else Exit.CONFIG

    async def _shut_down(self, crew: Crew) -> Exit:
        service_manager.notify("STOPPING=1")
        timeout_s = self._snapshot.process.shutdown_timeout.seconds
        log.info("stopping: exchanges in flight have %g s", timeout_s)
        # Our copies go first, or clients would queue at a socket that nobody accepts from.
        assert self._sockets is not None
        self._sockets.close_others(())
        drain = self.tasks.spawn(crew.drain(timeout_s), name="drain all")
        cut = self.tasks.spawn(self._cut.wait(), name="second signal")
        await asyncio.wait({drain, cut}, return_when=asyncio.FIRST_COMPLETED)
        complete = drain.done() and not drain.cancelled() and drain.exception() is None and drain.result() is True
        if not complete:
            crew.kill()
        await crew.ended()
        cut.cancel()
        log.info("stopped" if complete else "stopped; exchanges were cut")
        return Exit.DONE if complete else Exit.CUT

    async def _close(self) -> None:
        if self._sockets is not None:
            self._sockets.close_others(())
        if self._discovery is not None:
            await self._discovery.close()
        if self._health is not None:
            await self._health.close()
        await self.tasks.cancel_all()
        if self._segment is not None:
            self._segment.close()
        if self._limits is not None:
            self._limits.close()
        if self._in_flight is not None:
            self._in_flight.close()

    def _listen_to_signals(self) -> None:
        loop = self.runtime.loop
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self.tasks.spawn(self.reload(), name="reload"))
        loop.add_signal_handler(signal.SIGUSR1, self.reopen_logs)

    def stop(self) -> None:
        """Drain and end; asked again, end now."""
        if self._stop.is_set():
            self._cut.set()
        self._stop.set()
        # Whoever waits for a first configuration must see it.
        self.reloader.judged.set()

    async def reload(self) -> bool:
        """Look at the configuration now; whether what it says is in force."""
        # The service manager takes READY=1 for the end of the start as well, and RELOADING=1 for the end of a stop.
        tells = self._was_ready and not self._stop.is_set()
        if tells:
            service_manager.notify("RELOADING=1")
        ok = await self.reloader.reload()
        if tells and not self._stop.is_set():
            rejected = "" if ok else "; what is at hand was rejected"
            service_manager.notify(f"READY=1\nSTATUS=generation {self._snapshot.generation} is served{rejected}")
        return ok

    def reopen_logs(self) -> None:
        """Have every worker open its access log again."""
        if self.crew is not None:
            self.crew.tell(ipc.ReopenLogs())

    async def _watchdog(self) -> None:
        interval_s = service_manager.watchdog_interval_s()
        while interval_s is not None:
            service_manager.notify("WATCHDOG=1")
            await asyncio.sleep(interval_s)

    # --- configuration -------------------------------------------------------------------------------------------

    @property
    def _snapshot(self) -> Snapshot:
        assert self.reloader.snapshot is not None
        return self.reloader.snapshot

    def _found(self, process: WeirSpec) -> None:
        """What only the first configuration decides."""
        self._worker_count = self._worker_count or process.workers or len(os.sched_getaffinity(0))
        metrics = process.telemetry.metrics
        layout = Layout(self._worker_count, metrics.max_series, tuple(metrics.buckets))
        self._segment = Segment(layout)
        self._in_flight = InFlightMemory(self._worker_count)
        self._series = SeriesTable(layout)
        self._limits = LimitSegment(LimitLayout(self._worker_count, process.limits.rate_limit_keys))
        self._sockets = ListeningSockets(self._worker_count)
        if self.reloader.state_folder is None and process.state_dir:
            self.reloader.state_folder = Path(process.state_dir)
        folder = self.reloader.state_folder
        self._health = HealthBoard(self.runtime, self._view_changed, self._ask_outcomes, ByHand())
        self._by_hand = KeptByHand(self._health, folder)
        self._by_hand.read(self.runtime.unix_s())
        self._discovery = Discovery(self.runtime, self._health.view_changed, state_folder=folder)

    def _load_packed(self, documents: Sequence[SourceText], /, *, generation: int, previous: Snapshot | None) -> Loaded:
        """Load, and pack what is new for the workers, as both belong off the loop."""
        with collection_held():
            result = self._load(documents, generation=generation, previous=previous)
            snapshot = result.snapshot
            if snapshot is not None and snapshot is not previous:
                load_clients(snapshot.backends.values())
                # The first one, which decides how much is counted, is packed when it is applied.
                self._next = self._packed(snapshot) if self._series is not None else None
        return result

    def _packed(self, snapshot: Snapshot) -> Shipment:
        """`snapshot` packed for workers that hold what is in force; it may be rejected still."""
        assert self._series is not None
        in_force = self._shipment.contents if self._shipment is not None else None
        return Shipment(Contents(snapshot, self._series.assign(snapshot)), in_force)

    def _send_order(self, post: Post) -> None:
        assert self._shipment is not None
        generation = self._shipment.contents.snapshot.generation
        post.tell(ipc.Configure(generation, self._shipment.packed_for(post.told_generation)))
        post.told_generation = generation

    def _apply(self, snapshot: Snapshot) -> None:
        if self._stop.is_set():
            # The ports are closed for good; opening them again would draw in requests that nobody may finish.
            raise Rejected("the gateway is stopping")
        if self._discovery is None:
            self._found(snapshot.process)
        assert self._discovery is not None and self._sockets is not None and self._series is not None
        try:
            opened = self._sockets.open_missing(snapshot.ports)
        except PortUnavailable as error:
            self._port_problem = str(error)
            raise Rejected(self._port_problem) from error
        self._port_problem = ""
        following, self._next = self._next, None
        if following is None or following.contents.snapshot is not snapshot:
            with collection_held():
                following = self._packed(snapshot)
        self._shipment = following
        gone = self._sockets.close_others(port.key for port in snapshot.ports)
        for post in self.crew.posts if self.crew is not None else ():
            self._send_order(post)
            sockets = self._sockets.of_worker(post.index)
            for key in opened:
                post.tell(ipc.Serve(key), [sockets[key].fileno()])
            for key in gone:
                post.tell(ipc.StopListening(key, snapshot.process.drain_timeout.seconds))
        self.health.configure(snapshot.backends, snapshot.process)
        self._discovery.apply(snapshot.backends, snapshot.process)
        self._slots.keep(snapshot.backends)

    def _view_changed(self, view: EndpointSet) -> None:
        if self.crew is not None:
            self.crew.tell(ipc.Endpoints(view, self._slots.assign(view)))
        self.runtime.loop.call_soon(self._check_ready)

    # --- workers -------------------------------------------------------------------------------------------------

    def brief(self, post: Post) -> None:
        """Give a new worker its memory, the configuration, the views and its sockets."""
        assert self._segment is not None and self._sockets is not None and self._limits is not None
        assert self._in_flight is not None
        snapshot = self._snapshot
        descriptors = self._descriptors
        if not self._session_key:
            self._session_key = session_key(self.reloader.state_folder)
        start = ipc.Start(
            post.index, self._segment.layout, self._limits.layout, snapshot.process, descriptors, self._session_key
        )
        post.tell(start, [self._segment.descriptor, self._limits.descriptor, self._in_flight.descriptor])
        self._send_order(post)
        for view in self.health.views().values():
            post.tell(ipc.Endpoints(view, self._slots.assign(view)))
        for key, sock in self._sockets.of_worker(post.index).items():
            post.tell(ipc.Serve(key), [sock.fileno()])

    def applied(self, post: Post, message: ipc.Applied) -> None:
        """Count a worker that is up to date, and report one that is not."""
        if message.problem:
            self.reloader.last_ok = False
            log.error("worker %d did not take generation %d: %s", post.index, message.generation, message.problem)
        self._check_ready()

    def died(self, index: int) -> None:
        """Keep what a dead worker had counted, and give back what it had under way."""
        assert self._segment is not None and self._series is not None and self._limits is not None
        self._limits.forget_worker(index)
        self._segment.retire(index, self._series.used)
        if self._in_flight is not None:
            self._in_flight.clear(index)

    def witnessed(self, message: ipc.Struck | ipc.Outcomes) -> None:
        """Judge endpoints by what a worker saw of them."""
        if isinstance(message, ipc.Struck):
            self.health.struck(message.backend, message.endpoint, message.cause)
        else:
            self.health.rounds.heard(message.backend, message.seen)

    def _ask_outcomes(self, backend: str) -> None:
        if self.crew is not None:
            self.crew.tell(ipc.CountOutcomes(backend))

    def _task_failed(self) -> None:
        self.task_failures += 1

    # --- what the admin server shows -----------------------------------------------------------------------------

    @property
    def snapshot(self) -> Snapshot | None:
        """The configuration in force."""
        return self.reloader.snapshot

    @property
    def discovery(self) -> Discovery:
        """The backends; there once a configuration is."""
        assert self._discovery is not None
        return self._discovery

    @property
    def health(self) -> HealthBoard:
        """The endpoints' health; there once a configuration is."""
        assert self._health is not None
        return self._health

    @property
    def by_hand(self) -> KeptByHand:
        """What operators set on endpoints; there once a configuration is."""
        assert self._by_hand is not None
        return self._by_hand

    def waiting_for(self) -> tuple[str, ...]:
        """What is missing until the gateway is ready, in words; empty when it is."""
        if self.reloader.snapshot is None or self.crew is None or self._discovery is None:
            return (self.reloader.waiting or "a first configuration",)
        if self._stop.is_set():
            return ("nothing: it is stopping",)
        generation = self.reloader.snapshot.generation
        late = tuple(f"worker {post.index}" for post in self.crew.posts if post.generation < generation)
        # One worker that starts again does not make a node that serves unready.
        if self._was_ready and len(late) < len(self.crew.posts):
            late = ()
        return late + tuple(f"endpoints of backend {name}" for name in self._discovery.waiting())

    async def metrics_page(self) -> bytes:
        """The text of `/metrics`, made in a thread."""
        assert self._segment is not None and self._series is not None
        reloader = self.reloader
        reading = SupervisorReading(
            generation=reloader.snapshot.generation if reloader.snapshot else 0,
            last_reload_ok=reloader.last_ok,
            reloads=dict(reloader.results),
            reload_unix_s=reloader.applied_unix_s,
            reload_duration_s=reloader.duration_s,
            ready=not self.waiting_for(),
            workers=self.crew.running if self.crew else 0,
            worker_restarts=self.crew.restarts if self.crew else 0,
            task_failures=self.task_failures,
            unshared_endpoints=self._slots.refused,
            backends=self.discovery.readings(),
            health=self.health.readings(),
            checks_waited={name: room.waits for name, room in self.health.rooms.items()},
            by_hand=self.health.by_hand.counts(),
            snapshot=reloader.snapshot,
            now_s=self.runtime.unix_s(),
        )
        return await asyncio.to_thread(render, self._segment, self._series, reading)

    def _check_ready(self) -> None:
        if not self._was_ready and not self.waiting_for():
            self._was_ready = True
            service_manager.notify(f"READY=1\nSTATUS=generation {self._snapshot.generation} is served")
            ports = ", ".join(port.key for port in self._snapshot.ports)
            log.info("ready: %d worker(s) on %s", self._worker_count, ports or "no port")
