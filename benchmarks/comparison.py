"""The same traffic through each proxy, in interleaved rounds: A B C A B C, as what disturbs the machine drifts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks.answer_check import WrongAnswer, check_answers, check_load
from benchmarks.bench import Bench
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.procfs import CpuTime, ProcessEnded, cpu_time, peak_memory_kib
from benchmarks.proxies import HOST, KINDS, Proxy
from benchmarks.results import Measure, Series
from benchmarks.wrk import Load, LoadFailed, LoadReport, run_wrk

CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Traffic:
    """One sort of request, and the answer that it must get. `headers` go with every request, beside Host."""

    path: str
    headers: Mapping[str, str]
    expected: Answer

    def load(self, port: int, duration_s: float) -> Load:
        """As a task for wrk."""
        lines = [f"Host: {HOST}", *(f"{name}: {value}" for name, value in self.headers.items())]
        return Load(port, self.path, lines, CONNECTIONS, duration_s)


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
    records: dict[str, Record] = {}
    with ExitStack() as parts:
        origin = parts.enter_context(Origin(bench.folder, bench.cores.load))
        running: list[Proxy] = []
        for name in names:
            bench.progress.step(f"{name} starts")
            proxy = Proxy(KINDS[name], bench.folder / name, bench.cores.proxy, origin_port=origin.ports[0])
            running.append(parts.enter_context(proxy))
            records[name] = Record()
        for title, act in _acts(bench, traffic):
            for proxy in running:
                record = records[proxy.name]
                if record.wrong:
                    continue
                bench.progress.step(f"{proxy.name} {title}")
                try:
                    act(proxy, record)
                except (WrongAnswer, ProcessEnded, LoadFailed) as error:
                    record.wrong.append(f"{title}: {error}")
    return records


def _acts(bench: Bench, traffic: Traffic) -> Iterator[tuple[str, Callable[[Proxy, Record], None]]]:
    """What every proxy does, one after the other, before the next act begins."""
    effort, cores = bench.effort, bench.cores.load
    body_bytes = len(traffic.expected.body)

    def check(proxy: Proxy, record: Record) -> None:
        check_answers(proxy.port, HOST, traffic.path, traffic.headers, traffic.expected)

    def warm_up(proxy: Proxy, record: Record) -> None:
        check_load(run_wrk(traffic.load(proxy.port, effort.warm_up_seconds), cores), body_bytes)

    def measure(proxy: Proxy, record: Record) -> None:
        pids = proxy.pids
        before = cpu_time(pids)
        report = run_wrk(traffic.load(proxy.port, effort.seconds), cores)
        used = cpu_time(pids).since(before)
        check_load(report, body_bytes)
        record.round(report, used, peak_memory_kib(pids))

    yield "is checked", check
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
