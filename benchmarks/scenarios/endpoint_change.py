"""How long traffic takes to follow a change of endpoints in a real Consul."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

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
# Changes come at random times. Weir pauses between two questions to Consul, and changes right after each other meet
# that pause always at the same moment: p99 came out a third too low.
MAX_PAUSE_S = 0.2
SEED = 20


class EndpointChange:
    """An endpoint is registered and deregistered over and over, while traffic says which endpoints it meets."""

    name = "endpoint-change"
    what = "from the end of a PUT to Consul until all connections, over two workers, follow the change"

    def run(self, bench: Bench) -> Finding:
        """Only Weir: the peers know no Consul without a second program that writes their files."""
        try:
            registered, deregistered = _change(bench, random.Random(SEED))
        except WrongAnswer as error:
            return Finding(scenario=self.name, what=self.what, series=(), goals=(), wrong={"weir": (str(error),)})
        both_ms = [*registered.after_ms, *deregistered.after_ms]
        goal = Goal(
            text="p99 in ms from a change in Consul to traffic", found=percentile(both_ms, 0.99), limit=LIMIT_MS
        )
        series = (
            *_series("registered", registered.after_ms),
            *_series("deregistered", deregistered.after_ms),
            *_series("both", both_ms),
            *_series("both, from the PUT's start", [*registered.whole_ms, *deregistered.whole_ms]),
        )
        return Finding(scenario=self.name, what=self.what, series=series, goals=(goal,))


@dataclass(slots=True)
class Delays:
    """What the changes of one sort took: from the PUT's return, and from its start.

    The first is 0 where traffic followed before the PUT returned; the second is never less than the truth.
    """

    after_ms: list[float] = field(default_factory=list)
    whole_ms: list[float] = field(default_factory=list)

    def measure(self, change: Callable[[], None], follow: Callable[[], float]) -> None:
        """Make one change, and add what `follow` says that traffic took."""
        began_s = time.monotonic()
        change()
        put_ms = (time.monotonic() - began_s) * 1e3
        after_ms = follow()
        self.after_ms.append(after_ms)
        self.whole_ms.append(put_ms + after_ms)


def _change(bench: Bench, chance: random.Random) -> tuple[Delays, Delays]:
    registered, deregistered = Delays(), Delays()
    with ExitStack() as parts:
        origin = parts.enter_context(Origin(bench.folder, bench.cores.load, endpoints=ENDPOINTS))
        bench.progress.step("Consul starts")
        with pinned(bench.cores.load):
            agent = parts.enter_context(ConsulAgent(program("consul"), bench.folder))
        instances = [agent.register(SERVICE, port) for port in origin.ports]
        bench.progress.step("weir starts")
        proxy = parts.enter_context(
            Proxy(KIND, bench.folder / "weir", bench.cores.proxy, consul=agent.address, service=SERVICE)
        )
        clients = [parts.enter_context(closing(Client(proxy.port, HOST))) for _ in range(CONNECTIONS)]
        parts.enter_context(pinned(bench.cores.load))
        port, instance, body = origin.ports[-1], instances[-1], Origin.small_body(ENDPOINTS - 1)
        until_met(clients, body, time.monotonic)
        for number in range(bench.effort.changes):
            bench.progress.step(f"change {2 * number + 1} of {2 * bench.effort.changes}")
            time.sleep(chance.uniform(0, MAX_PAUSE_S))
            deregistered.measure(lambda: agent.deregister(instance), lambda: until_left(clients, body, time.monotonic))
            time.sleep(chance.uniform(0, MAX_PAUSE_S))
            registered.measure(lambda: _register(agent, port), lambda: until_met(clients, body, time.monotonic))
    return registered, deregistered


def _register(agent: ConsulAgent, port: int) -> None:
    agent.register(SERVICE, port)


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
