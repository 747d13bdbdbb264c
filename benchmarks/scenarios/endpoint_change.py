"""How long traffic takes to follow a change of endpoints in a real Consul."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing

from benchmarks.answer_check import WrongAnswer
from benchmarks.bench import Bench
from benchmarks.figures import percentile
from benchmarks.http_client import Client
from benchmarks.origin import Origin
from benchmarks.placement import pinned
from benchmarks.programs import program
from benchmarks.proxies import HOST, PROBE_PATH, Kind, Proxy, weir_command
from benchmarks.results import Finding, Goal, Measure, Series
from tools.consul_agent import ConsulAgent

KIND = Kind("weir", "peers/weir-consul.yaml", weir_command)
SERVICE = "origin"
# Five endpoints, of which one comes and goes: a loss of a fifth is not held back by the protection against emptied
# backends, whose default is a half.
ENDPOINTS = 5
# Over two workers: that all of eight connections land at the same one has a chance of 1 in 128.
CONNECTIONS = 8
# Round robin meets every endpoint in five requests of a worker; one more, as a change of the view moves the position.
TURN = ENDPOINTS + 1
LIMIT_MS = 100.0
TIMEOUT_S = 30.0


class EndpointChange:
    """An endpoint is registered and deregistered over and over, while traffic says which endpoints it meets."""

    name = "endpoint-change"
    what = "from the end of a PUT to Consul until all connections, over two workers, follow the change"

    def run(self, bench: Bench) -> Finding:
        """Only Weir: the peers know no Consul without a second program that writes their files."""
        try:
            registered_ms, deregistered_ms = _change(bench)
        except WrongAnswer as error:
            return Finding(scenario=self.name, what=self.what, series=(), goals=(), wrong={"weir": (str(error),)})
        both_ms = [*registered_ms, *deregistered_ms]
        goal = Goal(
            text="p99 in ms from a change in Consul to traffic", found=percentile(both_ms, 0.99), limit=LIMIT_MS
        )
        series = (
            *_series("registered", registered_ms),
            *_series("deregistered", deregistered_ms),
            *_series("both", both_ms),
        )
        return Finding(scenario=self.name, what=self.what, series=series, goals=(goal,))


def _change(bench: Bench) -> tuple[list[float], list[float]]:
    registered_ms: list[float] = []
    deregistered_ms: list[float] = []
    with ExitStack() as parts:
        origin = parts.enter_context(Origin(bench.folder, bench.cores.load, endpoints=ENDPOINTS))
        bench.progress.step("Consul starts")
        with pinned(bench.cores.load):
            agent = parts.enter_context(ConsulAgent(program("consul"), bench.folder))
        for port in origin.ports[:-1]:
            agent.register(SERVICE, port)
        bench.progress.step("weir starts")
        proxy = parts.enter_context(
            Proxy(KIND, bench.folder / "weir", bench.cores.proxy, consul=agent.address, service=SERVICE)
        )
        clients = [parts.enter_context(closing(Client(proxy.port, HOST))) for _ in range(CONNECTIONS)]
        parts.enter_context(pinned(bench.cores.load))
        body = Origin.small_body(ENDPOINTS - 1)
        for number in range(bench.effort.changes):
            bench.progress.step(f"change {2 * number + 1} of {2 * bench.effort.changes}")
            instance = agent.register(SERVICE, origin.ports[-1])
            registered_ms.append(until_met(clients, body, time.monotonic))
            agent.deregister(instance)
            deregistered_ms.append(until_left(clients, body, time.monotonic))
    return registered_ms, deregistered_ms


def until_met(clients: Sequence[Client], body: bytes, now_s: Callable[[], float]) -> float:
    """Milliseconds until every connection was answered by the endpoint that answers `body`. Raises WrongAnswer."""
    began_s = now_s()
    left = list(clients)
    while left:
        left = [client for client in left if body not in _turn(client)]
        _give_up(began_s, now_s)
    return (now_s() - began_s) * 1e3


def until_left(clients: Sequence[Client], body: bytes, now_s: Callable[[], float]) -> float:
    """Milliseconds until the last answer from the endpoint that answers `body`; every connection has had a turn since.

    0 where no answer came from there. Raises WrongAnswer.
    """
    began_s = last_s = now_s()
    without: set[Client] = set()
    while len(without) < len(clients):
        for client in clients:
            met = False
            for found in _turn(client):
                if found == body:
                    last_s, met = now_s(), True
            if met:
                # Its worker may serve other connections too, whose turn was before this.
                without.clear()
            else:
                without.add(client)
        _give_up(began_s, now_s)
    return (last_s - began_s) * 1e3


def _turn(client: Client) -> Iterator[bytes]:
    for _ in range(TURN):
        answer = client.get(PROBE_PATH)
        if answer.status != 200:
            raise WrongAnswer(f"{answer.status} with {answer.body[:80]!r} while endpoints change")
        yield answer.body


def _give_up(began_s: float, now_s: Callable[[], float]) -> None:
    if now_s() - began_s > TIMEOUT_S:
        raise WrongAnswer(f"traffic did not follow a change in Consul within {TIMEOUT_S:g} s")


def _series(subject: str, values_ms: Sequence[float]) -> Iterator[Series]:
    for measure, value in (
        (Measure.P50_MS, percentile(values_ms, 0.5)),
        (Measure.P99_MS, percentile(values_ms, 0.99)),
        (Measure.MAX_MS, max(values_ms)),
    ):
        yield Series(subject=f"weir, {subject}", measure=measure, values=(value,))
