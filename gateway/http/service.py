"""The data path of one worker as its process sees it: snapshots and endpoints in, sockets served, numbers out."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.resources.backend_policy import HashKey
from config.snapshot import BackendPlan, Snapshot
from discovery.backend import Backend
from discovery.balancing.choice import KEYED
from discovery.endpoint import Endpoint, EndpointSet
from discovery.health.witness import Report, RowWitness
from discovery.lease import EndpointState, Lease
from gateway.answers import Answers
from gateway.errors import LimitExceeded, WeirError
from gateway.hot.ledger import Ledger
from gateway.hot.request_ids import RequestIds
from gateway.hot.writer import HeadWriter
from gateway.http.forwarding import Peer, Recipe, client_address, client_scheme, recipe
from gateway.http.reply import DateClock
from gateway.http.router import Router
from gateway.listeners.tcp import TcpListener
from gateway.runtime import Runtime
from gateway.settings import Settings, settings_from
from gateway.telemetry import metrics
from gateway.telemetry.access_line import AccessEntry
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.logged_headers import headers_text
from gateway.telemetry.tag_series import base_of
from gateway.timers import TimerWheel
from gateway.upstream.pool import EndpointPool, IdleRoom, PoolSettings
from gateway.upstream.share import BackendShare
from policies.environment import Environment
from policies.hash_key import RequestKey
from policies.rate_limit.connections import ConnectionGate
from policies.retrying.budget import TryWindow
from policies.subject import Subject
from policies.tags.baggage import tags_text

if TYPE_CHECKING:
    from discovery.balancing.subset import Selection
    from gateway.http.downstream import Downstream
    from gateway.http.exchange import Exchange
    from gateway.upstream.guard import Guard
    from policies.chain import WeightedPlan

DESCRIPTOR_RESERVE = 64
"""File descriptors kept back for logs, the control channel, and what the supervisor has open where it is the worker."""
DESCRIPTORS_PER_PORT = 2
"""The worker's listening socket, and the supervisor's own where it is the worker."""
PEERS_KEPT = 4096
"""Addresses of clients that are remembered as parsed; past it the memory is emptied, as anyone can come from many."""
PENDING_REQUESTS = 1024
"""Requests that wait per endpoint where no policy says how many: a dead fleet must not hold them without bound."""
_NO_TAGS: dict[str, str] = {}


def _keep_to_oneself(backend: str, endpoint: str) -> None:
    """There is no other worker."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A snapshot with its settings flattened and its routes and bounds on connections compiled, by the port's key."""

    snapshot: Snapshot
    settings: Settings
    routers: Mapping[str, Router]
    gates: Mapping[str, ConnectionGate]


class BackendTraffic:
    """A backend and this worker's connections to its endpoints."""

    __slots__ = (
        "_growing",
        "_pools",
        "_service",
        "backend",
        "guard",
        "key",
        "name",
        "retries",
        "settings",
        "share",
        "witness",
    )

    def __init__(self, service: DataPath, plan: BackendPlan) -> None:
        self._service = service
        self.name = plan.name
        runtime, ledger = service.runtime, service.ledger
        self.backend = Backend(
            plan.name,
            plan,
            runtime.random,
            service.now_ns,
            runtime.whereabouts,
            lambda: ledger.add(metrics.PANIC_REQUESTS),
            runtime.in_flight,
        )
        self._growing: asyncio.TimerHandle | None = None
        self.key = balancing_key(plan)
        """What the balancer hashes of a request; None where it hashes nothing."""
        self.settings = service.pool_settings(plan)
        self._pools: dict[tuple[str, int], EndpointPool] = {}
        self.witness = service.witness_of(plan)
        self.retries = TryWindow()
        """What the budgets of its retries are counted in."""
        self.share = BackendShare()
        self.share.all_pools = self._pools
        self.guard: Guard | None = None
        """Its breakers on failures; None where its policy has none."""
        self._break_circuits(None, plan)

    def apply_plan(self, plan: BackendPlan) -> None:
        """A reload: endpoints and what is known of them stay."""
        self._break_circuits(self.backend.plan, plan)
        if plan.policy.outlier_detection != self.backend.plan.policy.outlier_detection:
            self.witness = self._service.witness_of(plan)
        self.backend.configure(plan)
        self._await_growth()
        self.key = balancing_key(plan)
        self._show_witness()
        self.settings = self._service.pool_settings(plan)
        for pool in self._pools.values():
            pool.configure(self.settings)

    def _break_circuits(self, before: BackendPlan | None, plan: BackendPlan) -> None:
        """Take the bounds and the breaker of a policy; breakers that a reload does not change stay as they are."""
        policy = plan.policy.circuit_breaker
        self.share.configure(policy, self._service.workers)
        if before is not None and before.policy.circuit_breaker == policy:
            return
        if self.guard is not None:
            self.guard.retire()
        self.guard = None
        if policy is not None and policy.failures is not None:
            # Here, as pybreaker loads the clients of stores that a worker without breakers has no use for.
            from gateway.upstream.guard import Guard

            service = self._service
            self.guard = Guard(
                self.name, policy, policy.failures, service.ledger, service.workers, service.breaker_opened
            )

    def apply_endpoints(self, endpoints: EndpointSet, slots: Sequence[int] = ()) -> None:
        """A change of discovery: connections to endpoints that left or drain are closed once they are free, or when
        `drain.timeout` is over."""
        self.backend.apply(endpoints, slots)
        self._await_growth()
        self._show_witness()
        if self.guard is not None:
            self.guard.keep({endpoint.id for endpoint in endpoints.endpoints})
        serving = {(endpoint.address, endpoint.port) for endpoint in endpoints.endpoints if endpoint.serving}
        for place, pool in tuple(self._pools.items()):
            if place not in serving:
                pool.retire(self._drain_s)
                if pool.unused:
                    del self._pools[place]
            elif pool.retired:
                pool.revive()

    @property
    def _drain_s(self) -> float:
        return self.backend.plan.policy.drain.timeout.seconds

    def _grow(self) -> None:
        self.backend.grow()
        self._await_growth()

    def _await_growth(self) -> None:
        """Have the weights of endpoints that start worked out anew, until all are at their full one."""
        if self._growing is not None:
            self._growing.cancel()
            self._growing = None
        step_ns = self.backend.growth_step_ns
        if step_ns:
            self._growing = self._service.runtime.loop.call_later(step_ns / 1e9, self._grow)

    def _show_witness(self) -> None:
        for state in self.backend.view.states:
            state.witness = self.witness

    def selection_for(self, subject: Subject | None) -> Selection | None:
        """The endpoints that a request is for, by its tags; `subject` is None where no policy was asked."""
        if subject is None:
            return self.backend.selection_for(_NO_TAGS, None)
        return self.backend.selection_for(subject.tags, subject.lane)

    def lease(self, tried: Sequence[str]) -> Lease | None:
        """An endpoint for a question of Weir's own, none of those with the ids `tried`; whoever asks gives it back."""
        lease = self.backend.pick(None, tried, self.selection_for(None))
        if lease is not None and lease.endpoint.id in tried:
            lease.finish()
            return None
        return lease

    def pool_of(self, state: EndpointState) -> EndpointPool:
        """The pool of connections to an endpoint."""
        if isinstance(state.connections, EndpointPool):
            pool = state.connections
            if not pool.retired:
                return pool
        state.connections = pool = self._find_pool(state.endpoint)
        return pool

    def _find_pool(self, endpoint: Endpoint) -> EndpointPool:
        place = (endpoint.address, endpoint.port)
        pool = self._pools.get(place)
        if pool is None:
            service = self._service
            pool = EndpointPool(
                service.runtime,
                service.wheel,
                service.ledger,
                service.idle_room,
                endpoint.address,
                endpoint.port,
                self.settings,
                self.share,
            )
            self._pools[place] = pool
            if not endpoint.serving:
                # Asked by name, as steering does: nothing is to idle there.
                pool.retire()
        return pool

    def close_idle(self) -> None:
        """Let go of the connections that nobody uses."""
        for pool in self._pools.values():
            pool.close_idle()

    def retire(self) -> None:
        """The backend left the configuration, and its endpoints with it."""
        if self._growing is not None:
            self._growing.cancel()
            self._growing = None
        if self.guard is not None:
            self.guard.retire()
        for pool in self._pools.values():
            pool.retire(self._drain_s)

    def describe(self) -> dict[str, dict[str, int]]:
        """Pools by `address:port`."""
        return {pool.place: pool.describe() for pool in self._pools.values()}


def balancing_key(plan: BackendPlan) -> RequestKey | None:
    """By `loadBalancer.hashOn`, the client's address where that says nothing; None where no key decides."""
    balancing = plan.policy.load_balancer
    if balancing.type not in KEYED:
        return None
    return RequestKey(balancing.hash_on or (HashKey.model_validate({"sourceIP": True}),))


class DataPath:
    """Everything of a worker between its listening sockets and its connections to endpoints."""

    def __init__(
        self,
        runtime: Runtime,
        ledger: Ledger,
        access_log: AccessLog,
        *,
        environment: Environment,
        answers: Answers,
        descriptors: int,
        report: Report = lambda _backend, _endpoint, _cause: None,
        workers: int = 1,
    ) -> None:
        """`descriptors` is the limit of open files of this process; each exchange may need two. `report` is told of
        failures in a row, where a policy has a bound on them; `workers` is how many share the bounds that hold for the
        node."""
        self.workers = workers
        self.breaker_opened: Callable[[str, str], None] = _keep_to_oneself
        """Told the backend and the endpoint, "" for all, of a breaker that this worker opened."""
        self.runtime = runtime
        self.environment = environment
        self.answers = answers
        self._clock = runtime.clock
        self._draw = runtime.random.random
        self.writer = HeadWriter()
        self.ledger = ledger
        self.access_log = access_log
        self.wheel = TimerWheel(runtime.loop.call_later, lambda: runtime.clock.monotonic_ns() / 1e9)
        self.date = DateClock()
        self.request_ids = RequestIds(runtime.random)
        self.backends: dict[str, BackendTraffic] = {}
        self.connection_count = 0
        self.buffered_bytes = 0
        self.generation = 0
        self._report = report
        self._descriptors = descriptors
        self._connection_limit = 0
        self._descriptors_free = 0
        self.idle_room = IdleRoom(0)
        self._routers: Mapping[str, Router] = {}
        self._gates: Mapping[str, ConnectionGate] = {}
        self.listeners: dict[str, TcpListener] = {}
        self._leaving: set[TcpListener] = set()
        self._series: Mapping[tuple[str, str], int] = {}
        self._recipes: dict[WeightedPlan, Recipe] = {}
        self._dropping: dict[tuple[WeightedPlan, frozenset[bytes]], Recipe] = {}
        self._blocks: dict[WeightedPlan, int] = {}
        self._peers: dict[str, Peer] = {}
        self._endpoint_sets: dict[str, tuple[EndpointSet, Sequence[int]]] = {}
        self._draining = False

    # --- configuration -------------------------------------------------------------------------------------------

    def prepare(self, snapshot: Snapshot) -> Prepared:
        """All of `snapshot` that can be worked out beside the traffic: to be called in a thread.

        What is the same object as in the snapshot in force is not worked out again.
        """
        settings = settings_from(snapshot.process)
        routers = {
            port.key: Router(
                port,
                request_timeout_s=settings.request_timeout_s,
                backend_request_timeout_s=settings.backend_request_timeout_s,
                random=self.runtime.random,
                environment=self.environment,
                previous=self._routers.get(port.key),
            )
            for port in snapshot.ports
        }
        counters = self.environment.counters
        gates = {port.key: ConnectionGate(port.connections, counters) for port in snapshot.ports if port.connections}
        return Prepared(snapshot, settings, routers, gates)

    def apply_snapshot(self, prepared: Prepared, series: Mapping[tuple[str, str], int]) -> list[dict[object, object]]:
        """Swap to a snapshot: what is under way goes on under the plans that it began with.

        `series` gives the ledger block of each (route, backend) pair. Returns what most of the routes of before is made
        of, for who lets go of it bit by bit.
        """
        old = [part for router in self._routers.values() for part in router.parts()]
        snapshot = prepared.snapshot
        same_settings = self.generation > 0 and prepared.settings == self.settings
        self.settings: Settings = prepared.settings
        self._share_descriptors(len(snapshot.ports))
        self._series = series
        self._recipes = {}
        self._dropping = {}
        self._blocks = {}
        self._peers.clear()
        self._apply_backends(snapshot.backends, same_settings=same_settings)
        self._routers = prepared.routers
        self._gates = prepared.gates
        for key, listener in self.listeners.items():
            listener.gate = self._gates.get(key)
            router = self._routers.get(key)
            if router is not None:
                listener.router = router
        self.generation = snapshot.generation
        return old

    def _share_descriptors(self, ports: int) -> None:
        """Two for each connection of a client, as its exchange may need one; idle connections to endpoints take what
        is left."""
        self._descriptors_free = max(2, self._descriptors - DESCRIPTOR_RESERVE - DESCRIPTORS_PER_PORT * ports)
        self._connection_limit = min(self.settings.connections, self._descriptors_free // 2)
        self._make_idle_room()

    def _make_idle_room(self) -> None:
        room = self.idle_room
        room.limit = self._descriptors_free - 2 * self.connection_count
        if room.taken > room.limit:
            for traffic in self.backends.values():
                traffic.close_idle()

    def apply_endpoints(self, endpoints: EndpointSet, slots: Sequence[int] = ()) -> None:
        """A backend's endpoints changed; `slots` are theirs in `Runtime.in_flight`."""
        self._endpoint_sets[endpoints.backend] = endpoints, slots
        traffic = self.backends.get(endpoints.backend)
        if traffic is not None:
            traffic.apply_endpoints(endpoints, slots)

    def _apply_backends(self, plans: Mapping[str, BackendPlan], *, same_settings: bool) -> None:
        for name in tuple(self.backends):
            if name not in plans:
                self.backends.pop(name).retire()
                self._endpoint_sets.pop(name, None)
        for name, plan in plans.items():
            traffic = self.backends.get(name)
            if traffic is not None:
                if not same_settings or traffic.backend.plan is not plan:
                    traffic.apply_plan(plan)
                continue
            traffic = self.backends[name] = BackendTraffic(self, plan)
            known = self._endpoint_sets.get(name)
            if known is not None:
                traffic.apply_endpoints(*known)

    def witness_of(self, plan: BackendPlan) -> RowWitness | None:
        """Who watches over the endpoints of `plan`; None where nobody is to."""
        detection = plan.policy.outlier_detection
        return RowWitness(plan.name, detection, self._report) if detection is not None else None

    def outcomes(self, backend: str) -> dict[str, tuple[int, int]]:
        """Requests and faults of its endpoints since the last time, by id."""
        traffic = self.backends.get(backend)
        if traffic is None or traffic.witness is None:
            return {}
        return traffic.witness.count(traffic.backend.view.states)

    def pool_settings(self, plan: BackendPlan) -> PoolSettings:
        """Bounds of the pools of `plan`, the process's own where it says nothing."""
        pool, breaker = plan.policy.connection_pool, plan.policy.circuit_breaker
        settings = self.settings
        return PoolSettings(
            max_connections=pool.max_connections or 1 << 30,
            max_pending=PENDING_REQUESTS if breaker is None or breaker.max_pending_requests is None else 1 << 30,
            max_idle=pool.max_idle,
            idle_timeout_s=pool.idle_timeout.seconds,
            max_age_s=pool.max_age.seconds,
            connect_timeout_s=pool.connect_timeout.seconds if pool.connect_timeout else settings.connect_timeout_s,
            max_requests=pool.max_requests_per_connection or 0,
            buffer_bytes=settings.buffer_bytes_per_connection,
            write_stall_timeout_s=settings.write_stall_timeout_s,
            head_limits=settings.head_limits,
        )

    def open_breaker(self, backend: str, endpoint: str) -> None:
        """Another worker of the node has opened that breaker."""
        traffic = self.backends.get(backend)
        if traffic is not None and traffic.guard is not None:
            traffic.guard.open_too(endpoint, self.now_ns() / 1e9)

    def backend(self, name: str) -> BackendTraffic | None:
        """That of a name, as the configuration in force has it."""
        return self.backends.get(name)

    def serves_at(self, backend: str, place: str) -> bool:
        """Whether the endpoint at `place` of that backend takes requests."""
        traffic = self.backends.get(backend)
        return traffic is not None and traffic.backend.serves_at(place)

    def has_endpoint(self, backend: str, selection: Selection) -> bool:
        """Whether that backend has an endpoint that is selected."""
        traffic = self.backends.get(backend)
        return traffic is not None and bool(traffic.backend.eligible(selection))

    def recipe_of(self, choice: WeightedPlan) -> Recipe:
        """How request heads are made for `choice`; worked out once per reload."""
        made = self._recipes.get(choice)
        if made is None:
            made = self._recipes[choice] = recipe(self.settings, choice.request_drop, choice.request_extra)
        return made

    def recipe_for(self, choice: WeightedPlan, subject: Subject) -> Recipe:
        """The same where policies drop fields of their own: their names are the configuration's, so they are few."""
        if not subject.request_drop:
            return self.recipe_of(choice)
        key = (choice, frozenset(subject.request_drop))
        made = self._dropping.get(key)
        if made is None:
            made = self._dropping[key] = recipe(self.settings, choice.request_drop | key[1], choice.request_extra)
        return made

    def subject_of(self, exchange: Exchange) -> Subject:
        """`exchange` as policies see it."""
        head, downstream, plan = exchange.head, exchange.downstream, exchange.plan
        assert plan is not None
        peer = downstream.peer
        subject = Subject.__new__(Subject)
        trusted = peer.trusted
        subject.begin(
            head,
            plan.name,
            client_scheme(head, peer, downstream.scheme) if trusted else downstream.scheme,
            client_address(head, peer, self.settings) if trusted else peer.address,
            peer.address,
            downstream.local_port,
            self._clock.unix_s(),
            self._draw,
            plan.tenant,
        )
        return subject

    def peer_of(self, address: str) -> Peer:
        """Who a client at `address` (an IP literal, as the kernel gave it) is; remembered, as most come again."""
        peer = self._peers.get(address)
        if peer is None:
            if len(self._peers) >= PEERS_KEPT:
                self._peers.clear()
            peer = self._peers[address] = Peer.of(address, self.settings)
        return peer

    def now_ns(self) -> int:
        """Monotonic time."""
        return self._clock.monotonic_ns()

    def unix_s(self) -> float:
        """Time of day."""
        return self._clock.unix_s()

    def date_line(self) -> bytes:
        """The `Date` header line of now."""
        return self.date.line(self._clock.unix_s())

    # --- sockets -------------------------------------------------------------------------------------------------

    def serve(self, port_key: str, sock: socket.socket) -> None:
        """Accept on `sock` (listening, non-blocking) for that port of the snapshot; the socket is ours now."""
        listener = TcpListener(self, port_key, sock, self._routers[port_key])
        self.listeners[port_key] = listener
        listener.gate = self._gates.get(port_key)
        listener.start()

    def stop_listening(self, port_key: str) -> None:
        """The port left the configuration: its connections finish within the drain time."""
        listener = self.listeners.pop(port_key, None)
        if listener is None:
            return
        listener.drain()
        self._leaving.add(listener)

    async def drain(self, timeout_s: float) -> bool:
        """Accept no more and wait for every exchange, `timeout_s` seconds at most.

        Returns whether all ended in time; the rest is cut.
        """
        self._draining = True
        listeners = [*self.listeners.values(), *self._leaving]
        for listener in listeners:
            listener.drain(timeout_s / 2)
        try:
            async with asyncio.timeout(timeout_s):
                for listener in listeners:
                    await listener.emptied()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            self.close()

    async def drain_port(self, port_key: str, timeout_s: float) -> None:
        """`stop_listening`, and cut what is left after `timeout_s` seconds."""
        listener = self.listeners.get(port_key)
        self.stop_listening(port_key)
        if listener is None:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await listener.emptied()
        except TimeoutError:
            pass
        listener.close()
        self._leaving.discard(listener)

    def close(self) -> None:
        """Cut everything now."""
        for listener in (*self.listeners.values(), *self._leaving):
            listener.close()
        self.listeners.clear()
        self._leaving.clear()
        for traffic in self.backends.values():
            traffic.retire()
        self.runtime.poller.close()

    def check_room(self, listener: TcpListener) -> None:
        """Pause accepting where a limit is reached."""
        self._make_idle_room()
        per_listener = self.settings.connections_per_listener
        if self.connection_count >= self._connection_limit:
            for each in self.listeners.values():
                each.pause()
        elif per_listener and len(listener.connections) >= per_listener:
            listener.pause()

    def room_made(self) -> None:
        """A connection went: accept again where a pause was due to it."""
        self.idle_room.limit += 2
        # Some way under the limit, so that a gateway at its limit does not open and close its socket per connection.
        if self._draining or self.connection_count >= self._connection_limit - self._connection_limit // 16:
            return
        per_listener = self.settings.connections_per_listener
        for listener in self.listeners.values():
            if not listener.accepting and not (per_listener and len(listener.connections) >= per_listener):
                listener.start()

    # --- accounts ------------------------------------------------------------------------------------------------

    def record(self, exchange: Exchange) -> None:
        """The one place where an exchange is counted and logged, however it ended."""
        error = exchange.error
        status = exchange.status or (error.status if error is not None else 0)
        duration_ns = self.now_ns() - exchange.started_ns
        self.ledger.record(self._block_of(exchange), status, duration_ns, exchange.body_bytes, exchange.sent_bytes)
        subject = exchange.subject
        if subject is not None:
            for name in subject.metric_tags:
                base = base_of(self._series, name, subject.tags.get(name))
                if base is not None:
                    self.ledger.record(base, status, duration_ns, exchange.body_bytes, exchange.sent_bytes)
        log = self.access_log
        if log.wants(status):
            head, downstream, plan, backend = exchange.head, exchange.downstream, exchange.plan, exchange.backend
            entry = AccessEntry()
            entry.unix_s = self._clock.unix_s()
            peer = downstream.peer
            entry.client = client_address(head, peer, self.settings) if peer.trusted else peer.address
            entry.listener = downstream.listener.port_key
            entry.method = head.method
            entry.host = head.authority
            entry.path = head.path
            entry.protocol = "HTTP/1.1" if head.version_minor else "HTTP/1.0"
            entry.status = status
            if plan is not None:
                entry.route = plan.name
                entry.tenant = plan.tenant
            if backend is not None:
                entry.backend = backend.name
            entry.endpoint = exchange.place
            entry.bytes_in = exchange.body_bytes
            entry.bytes_out = exchange.sent_bytes
            entry.duration_ns = duration_ns
            entry.upstream_ns = exchange.upstream_ns
            entry.retries = exchange.retries
            entry.request_id = exchange.request_id
            if subject is not None:
                entry.identity = subject.identity
                if subject.tags:
                    entry.tags = tags_text(subject.tags)
                if subject.log_headers:
                    entry.headers = headers_text(head, subject.log_headers)
                if subject.would_deny:
                    entry.would_deny = "; ".join([f"{name}: {reason}" for name, reason in subject.would_deny])
            entry.user_agent = head.get(b"user-agent") or b""
            if error is not None:
                entry.error = error.proxy_error
                entry.detail = str(error)
            log.record(entry)

    def _block_of(self, exchange: Exchange) -> int:
        """The block of the ledger that counts it; looked up by names once for each choice and reload."""
        choice = exchange.choice
        block = self._blocks.get(choice) if choice is not None else None
        if block is None:
            route = exchange.plan.name if exchange.plan is not None else ""
            backend = exchange.backend.name if exchange.backend is not None else ""
            block = self._series.get((route, backend))
            if block is None:
                block = self._series[("", "")]
            if choice is not None and exchange.backend is not None:
                self._blocks[choice] = block
        return block

    def record_refusal(self, downstream: Downstream, error: WeirError) -> None:
        """A message that never became an exchange, as its head could not be read."""
        self.ledger.record(self._series[("", "")], error.status, 0, 0, 0)
        if self.access_log.wants(error.status):
            entry = AccessEntry()
            entry.unix_s = self._clock.unix_s()
            entry.client = downstream.peer.address
            entry.listener = downstream.listener.port_key
            entry.status = error.status
            entry.error = error.limit if isinstance(error, LimitExceeded) else error.proxy_error
            entry.detail = str(error)
            self.access_log.record(entry)

    def describe(self) -> dict[str, object]:
        """Connections and pools, for the API."""
        return {
            "generation": self.generation,
            "connections": self.connection_count,
            "listeners": {key: len(listener.connections) for key, listener in self.listeners.items()},
            "pools": {name: traffic.describe() for name, traffic in self.backends.items()},
        }
