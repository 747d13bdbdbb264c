"""The same traffic through each proxy, in interleaved rounds: A B C A B C, as what disturbs the machine drifts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.answer_check import WrongAnswer, check_answers, check_load
from benchmarks.bench import Bench
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.procfs import CpuTime, ProcessEnded, cpu_time, peak_memory_kib
from benchmarks.proxies import HOST, KINDS, Proxy
from benchmarks.results import Measure, Series
from benchmarks.wrk import Load, LoadFailed, LoadReport, run_wrk

CONNECTIONS = 64


class Task(Protocol):
    """What a proxy is asked to do: a sort of traffic that knows its right answers."""

    def check(self, port: int) -> None:
        """Compare answers whole. Raises WrongAnswer."""
        ...

    def load(self, port: int, duration_s: float, cores: frozenset[int]) -> LoadReport:
        """Load the proxy for about so long, from these cores. Raises WrongAnswer, LoadFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Traffic:
    """One sort of request, and the answer that it must get. `headers` go with every request, beside Host."""

    path: str
    headers: Mapping[str, str]
    expected: Answer
    host: str = HOST

    def check(self, port: int) -> None:
        """Ask some hundred times. Raises WrongAnswer."""
        check_answers(port, self.host, self.path, self.headers, self.expected)

    def load(self, port: int, duration_s: float, cores: frozenset[int]) -> LoadReport:
        """Load by wrk. Raises WrongAnswer, LoadFailed."""
        lines = [f"Host: {self.host}", *(f"{name}: {value}" for name, value in self.headers.items())]
        report = run_wrk(Load(port, self.path, lines, CONNECTIONS, duration_s), cores)
        check_load(report, len(self.expected.body))
        return report


@dataclass(frozen=True, slots=True)
class Entry:
    """One subject of a contest, by a name of its own. `proxy` makes it, when its ports can be taken at once."""

    subject: str
    proxy: Callable[[], Proxy]
    task: Task


@dataclass(slots=True)
class Record:
    """What one proxy showed, round by round, and what it did wrong."""

    values: dict[Measure, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def round(self, report: LoadReport, used: CpuTime, peak_memory_kib: int) -> None:
        """Keep the figures of one more round."""
        cpu_us = used.total_ns / 1e3 / report.requests
        for measure, value in (
            (Measure.CPU_US, cpu_us),
            (Measure.USER_US, cpu_us * used.user_share),
            (Measure.REQUESTS, report.requests / report.seconds),
            (Measure.BUSY, used.total_ns / 1e9 / report.seconds),
            (Measure.P50_MS, report.p50_ms),
            (Measure.P99_MS, report.p99_ms),
            (Measure.P999_MS, report.p999_ms),
            (Measure.PEAK_MIB, peak_memory_kib / 1024),
        ):
            self.values.setdefault(measure, []).append(value)


def compare(bench: Bench, traffic: Traffic, names: Sequence[str]) -> dict[str, Record]:
    """Run the proxies of those names. One that answers wrongly, or ends, is left out of what follows.

    Raises NotStarted and ProgramMissing where a program does not start.
    """
    with Origin(bench.folder, bench.cores.load) as origin:
        return contest(bench, [_entry(bench, name, origin.ports[0], traffic) for name in names])


def _entry(bench: Bench, name: str, origin_port: int, task: Task) -> Entry:
    def proxy() -> Proxy:
        return Proxy(KINDS[name], bench.folder / name, bench.cores.proxy, origin_port=origin_port)

    return Entry(name, proxy, task)


def contest(bench: Bench, entries: Sequence[Entry]) -> dict[str, Record]:
    """Start all, run them in interleaved rounds, end them. One that answers wrongly, or ends, is left out of the rest.

    Raises NotStarted and ProgramMissing where a program does not start.
    """
    records = {entry.subject: Record() for entry in entries}
    acts = list(_acts(bench))
    bench.progress.expect(len(entries) * (1 + len(acts)))
    with ExitStack() as parts:
        running: list[tuple[Entry, Proxy]] = []
        for entry in entries:
            bench.progress.step(f"{entry.subject} starts")
            running.append((entry, parts.enter_context(entry.proxy())))
        for title, act in acts:
            for entry, proxy in running:
                record = records[entry.subject]
                if record.wrong:
                    continue
                bench.progress.step(f"{entry.subject} {title}")
                try:
                    act(proxy, entry.task, record)
                except (WrongAnswer, ProcessEnded, LoadFailed) as error:
                    record.wrong.append(f"{title}: {error}")
    return records


def _acts(bench: Bench) -> Iterator[tuple[str, Callable[[Proxy, Task, Record], None]]]:
    """What every subject does, one after the other, before the next act begins."""
    effort, cores = bench.effort, bench.cores.load

    def check(proxy: Proxy, task: Task, record: Record) -> None:
        task.check(proxy.port)

    def warm_up(proxy: Proxy, task: Task, record: Record) -> None:
        task.load(proxy.port, effort.warm_up_seconds, cores)

    def measure(proxy: Proxy, task: Task, record: Record) -> None:
        pids = proxy.pids
        before = cpu_time(pids)
        report = task.load(proxy.port, effort.seconds, cores)
        record.round(report, cpu_time(pids).since(before), peak_memory_kib(pids))

    yield "is checked", check
    if effort.warm_up_seconds:
        yield "warms up", warm_up
    for number in range(effort.rounds):
        yield f"round {number + 1}", measure
    yield "is checked again", check


def series_of(records: Mapping[str, Record]) -> tuple[Series, ...]:
    """The figures of those that answered rightly."""
    return tuple(
        Series(subject=name, measure=measure, values=tuple(values))
        for name, record in records.items()
        if not record.wrong
        for measure, values in record.values.items()
    )


def wrong_of(records: Mapping[str, Record]) -> dict[str, tuple[str, ...]]:
    """What the others did wrong."""
    return {name: tuple(record.wrong) for name, record in records.items() if record.wrong}
