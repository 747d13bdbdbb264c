"""What a connection costs that does nothing: memory of the proxy per idle kept-alive connection."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks.answer_check import WrongAnswer
from benchmarks.bench import Bench
from benchmarks.descriptors import descriptor_limit
from benchmarks.origin import Origin
from benchmarks.procfs import ProcessEnded, anonymous_memory_kib
from benchmarks.proxies import HOST, KINDS, PROBE_PATH, Proxy
from benchmarks.results import Finding, Goal, Measure, Series

LIMIT_KIB = 4.0
TIMEOUT_S = 20.0
ANSWER_BYTES = 4096
# Descriptors that a process needs beside those of clients and upstreams.
RESERVE = 200
REQUEST = f"GET {PROBE_PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


class IdleConnections:
    """Each connection is opened, asks once and is then left alone: one that never asked would cost less."""

    name = "idle-connections"
    what = "memory per kept-alive connection that asked once and is idle"

    def run(self, bench: Bench) -> Finding:
        """A proxy after the other, started afresh for each count; a second round would find what its allocator kept."""
        series: list[Series] = []
        wrong: dict[str, tuple[str, ...]] = {}
        goals: list[Goal] = []
        counts = fitting(bench.effort.idle_connections, descriptor_limit())
        with Origin(bench.folder, bench.cores.load) as origin:
            for name in ("weir", *bench.peers):
                for count in counts:
                    bench.progress.step(f"{name} holds {count} connections")
                    proxy = Proxy(
                        KINDS[name], bench.folder / f"{name}-{count}", bench.cores.proxy, origin_port=origin.ports[0]
                    )
                    subject = f"{name}, {count:,}"
                    try:
                        with proxy:
                            cost_kib = kib_per_connection(proxy, count)
                    except (OSError, ProcessEnded, WrongAnswer) as error:
                        wrong[subject] = (str(error),)
                        continue
                    series.append(Series(subject=subject, measure=Measure.KIB_PER_CONNECTION, values=(cost_kib,)))
                    if name == "weir" and count == max(counts):
                        text = f"KiB per connection over the base, {count:,} of them"
                        goals.append(Goal(text=text, found=cost_kib, limit=LIMIT_KIB))
        return Finding(scenario=self.name, what=self.what, series=tuple(series), goals=tuple(goals), wrong=wrong)


def fitting(counts: Sequence[int], descriptors: int) -> list[int]:
    """The counts, cut to what a process with so many descriptors may hold when it keeps one per client for an upstream.

    Weir does so, and stops accepting there rather than fail exchanges; the peers get the same count.
    """
    return sorted({min(count, (descriptors - RESERVE) // 2) for count in counts})


def kib_per_connection(proxy: Proxy, count: int) -> float:
    """Growth of the proxy's own memory with `count` connections, per connection.

    All of them are asked once more after the reading: what is not held is no connection. Raises WrongAnswer, OSError,
    ProcessEnded.
    """
    with ExitStack() as held:
        pids = proxy.pids
        base_kib = anonymous_memory_kib(pids)
        connections: list[socket.socket] = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", proxy.port), timeout=TIMEOUT_S)
            connections.append(held.enter_context(connection))
            ask(connection)
        grown_kib = anonymous_memory_kib(pids) - base_kib
        ask_all(connections)
    return grown_kib / count


def ask_all(connections: Sequence[socket.socket]) -> None:
    """Raises WrongAnswer, OSError."""
    for connection in connections:
        ask(connection)


def ask(connection: socket.socket) -> None:
    """One request, and its whole small answer. Raises WrongAnswer, OSError."""
    connection.sendall(REQUEST)
    received = b""
    body = Origin.small_body(0)
    while not received.endswith(body):
        part = connection.recv(ANSWER_BYTES)
        received += part
        if not part or len(received) > ANSWER_BYTES:
            raise WrongAnswer(f"{received[:80]!r}")
    if not received.startswith(b"HTTP/1.1 200 "):
        raise WrongAnswer(f"{received[:80]!r}")
