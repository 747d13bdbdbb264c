"""Weir's data path in the test's own loop: a hand-made snapshot, one port on loopback, real sockets."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager

from config.load import load
from config.resources.backend import BackendSpec
from config.resources.backend_policy import BackendPolicySpec
from config.resources.traffic_policy import TrafficPolicySpec
from config.resources.weir import WeirSpec
from config.snapshot import (
    BackendPlan,
    BoundRule,
    Listener,
    Match,
    PathMatch,
    Port,
    RouteTimeouts,
    Rule,
    RuleName,
    Snapshot,
    TrafficLayer,
    WeightedBackend,
)
from config.sources.text import SourceText
from discovery.endpoint import Endpoint, EndpointSet
from gateway.answers import Answers, Handler
from gateway.explain import written_views
from gateway.hot.ledger import Ledger
from gateway.http.downstream import Downstream
from gateway.http.service import DataPath
from gateway.runtime import Runtime, Spawn
from gateway.sockets import BACKLOG
from gateway.telemetry import metrics
from gateway.telemetry.access_log import AccessLog
from policies.environment import Condition
from tests.support.adjustable_clock import AdjustableClock
from tests.support.subjects import TagIs, environment
from tests.support.weir_process import resource
from tests.support.wire import RawClient, ScriptedEndpoint

BACKEND = "d/b"


class Gateway:
    """A `DataPath` that listens on `port`."""

    def __init__(self, service: DataPath, process: WeirSpec, timeouts: RouteTimeouts) -> None:
        self.service = service
        self._process = process
        self._timeouts = timeouts
        self._clients: list[RawClient] = []
        self._generation = 0
        self.clock = AdjustableClock()
        self.defects: list[BaseException] = []
        """What reached the loop's handler; a test that expects some takes them out."""
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self.sock.setblocking(False)
        self.port: int = self.sock.getsockname()[1]

    @property
    def key(self) -> str:
        return f"127.0.0.1:{self.port}/tcp"

    def rule(self) -> Rule:
        """Every path goes to the one backend."""
        return Rule(
            name=RuleName("HTTPRoute", "d", "all", 0),
            matches=(Match(PathMatch("PathPrefix", "/")),),
            filters=(),
            backends=(WeightedBackend(BACKEND, 1),),
            timeouts=self._timeouts,
        )

    def apply(self, rules: tuple[Rule, ...] | None = None, policy: Mapping[str, object] | None = None) -> None:
        """Swap to a snapshot with `rules`, all under a TrafficPolicy with the spec `policy`."""
        self._generation += 1
        layers = () if policy is None else (TrafficLayer("d/p", TrafficPolicySpec.model_validate(policy)),)
        bound = tuple(BoundRule(("*",), rule, layers) for rule in ((self.rule(),) if rules is None else rules))
        backend = BackendSpec.model_validate({"static": {"endpoints": [{"address": "127.0.0.1", "port": 1}]}})
        self.snapshot = snapshot = Snapshot(
            generation=self._generation,
            digest=str(self._generation),
            process=self._process,
            ports=(Port("127.0.0.1", self.port, "HTTP", (Listener("d/g/http", "*", bound),)),),
            backends={
                BACKEND: BackendPlan(
                    BACKEND,
                    backend,
                    BackendPolicySpec.model_validate(
                        {"targetRefs": [{"group": "weir.dev", "kind": "Backend", "name": "b"}]}
                    ),
                )
            },
            statuses=(),
        )
        self.service.apply_snapshot(self.service.prepare(snapshot), {("", ""): metrics.PROCESS_SLOTS})

    async def load(self, text: str) -> None:
        """Swap to the resources of `text`, in YAML, beside a Gateway `edge` that listens on `port`."""
        self._generation += 1
        listens = {"name": "http", "port": self.port, "protocol": "HTTP"}
        spec = {"gatewayClassName": "weir", "addresses": [{"value": "127.0.0.1"}], "listeners": [listens]}
        edge = resource("Gateway", "edge", spec, "gateway.networking.k8s.io/v1")
        whole = f"{json.dumps(edge)}\n---\n{text}"
        loaded = load([SourceText("t.yaml", whole.encode())], generation=self._generation, previous=None)
        assert loaded.snapshot is not None, loaded.problems
        self.snapshot = loaded.snapshot
        self.service.apply_snapshot(self.service.prepare(self.snapshot), {("", ""): metrics.PROCESS_SLOTS})
        for endpoints in (await written_views(self.snapshot)).values():
            self.service.apply_endpoints(endpoints)

    def connection(self) -> Downstream:
        """The one connection that a client has open."""
        (found,) = self.service.listeners[self.key].connections
        return found

    def count(self, slot: int) -> int:
        """What is counted at `slot` of the metrics."""
        return self.service.ledger.value(slot)

    def answered(self, code_class: str) -> int:
        """Exchanges that ended with a status of that class, as `5xx`."""
        return self.count(metrics.PROCESS_SLOTS + metrics.BLOCK_CODES + metrics.CODE_CLASSES.index(code_class))

    async def client(self) -> RawClient:
        client = await RawClient.connect(self.port)
        self._clients.append(client)
        return client

    async def close(self) -> None:
        for client in self._clients:
            client.close()
        self.service.close()
        await asyncio.sleep(0)


@asynccontextmanager
async def gateway(
    endpoint: ScriptedEndpoint | None,
    *,
    process: Mapping[str, object] | None = None,
    route_timeouts: Mapping[str, float] | None = None,
    dead_endpoints: int = 0,
    descriptors: int = 4096,
    answers: Handler | Mapping[type, Handler] | None = None,
    condition: Callable[[str], Condition] = TagIs,
    access_log: AccessLog | None = None,
) -> AsyncIterator[Gateway]:
    """A gateway before `endpoint` and `dead_endpoints` closed ports; `process` is the spec of a Weir resource.

    `answers` is asked what policies ask in texts, or has who is asked which type of question; `condition` compiles the
    conditions of policies.
    """
    loop = asyncio.get_running_loop()
    defects: list[BaseException] = []
    loop.set_exception_handler(lambda _, context: defects.append(context["exception"]))
    clock = AdjustableClock()
    runtime = Runtime(loop, _spawning(loop, defects), clock, random.Random(7))
    service = DataPath(
        runtime,
        Ledger.private(),
        access_log or AccessLog.off(),
        environment=environment(condition),
        answers=Answers(answers if isinstance(answers, Mapping) else {str: answers} if answers is not None else {}),
        descriptors=descriptors,
    )
    weir = Gateway(service, WeirSpec.model_validate(process or {}), RouteTimeouts(**(route_timeouts or {})))
    weir.defects = defects
    weir.clock = clock
    weir.apply()
    endpoints = [Endpoint(f"dead-{port}", "127.0.0.1", port) for port in _closed_ports(dead_endpoints)]
    if endpoint is not None:
        endpoints.append(Endpoint("live", "127.0.0.1", endpoint.port))
    service.apply_endpoints(EndpointSet(BACKEND, tuple(endpoints), "static", 0.0))
    service.serve(weir.key, weir.sock)
    try:
        yield weir
    finally:
        await weir.close()
    assert not defects


def _spawning(loop: asyncio.AbstractEventLoop, defects: list[BaseException]) -> Spawn:
    """Starts tasks of `loop`; what one fails with goes to `defects`."""

    def ended(task: asyncio.Task[object]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            defects.append(error)

    def spawn(work: Coroutine[object, object, object], *, name: str) -> asyncio.Task[object]:
        task = loop.create_task(work, name=name)
        task.add_done_callback(ended)
        return task

    return spawn


def _closed_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports
