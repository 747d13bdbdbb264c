"""How long clients wait who do not wait for each other: at half and at most of what a proxy can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from benchmarks import open_loop
from benchmarks.answer_check import WrongAnswer
from benchmarks.bench import Bench
from benchmarks.comparison import CONNECTIONS, Traffic
from benchmarks.http_client import Answer
from benchmarks.open_loop import OpenLoopReport
from benchmarks.origin import Origin
from benchmarks.procfs import ProcessEnded, cpu_time
from benchmarks.proxies import HOST, KINDS, Proxy
from benchmarks.results import Finding, Goal, Measure, Series, ratio_goal
from benchmarks.scenarios.routes import subject
from benchmarks.wrk import LoadFailed

SHARES = (0.5, 0.8)
TRAFFIC = Traffic("/api/orders/42", {}, Answer(200, Origin.small_body(0)))
# Enough for a p99.9 at any of these rates; the limit is found anew in each round.
MOST_SECONDS = 3.0
# A generator later than this share of the p99 makes the p99 its own.
MOST_LAG = 0.5

Figures = dict[tuple[str, Measure], list[float]]


class OpenLoopLatency:
    """Rates are shares of each one's own limit: one rate for all would be leisure for one and too much for another."""

    name = "open-loop"
    what = "latency at a fixed rate of 50 % and 80 % of each one's own limit, counted from when a request was due"

    def run(self, bench: Bench) -> Finding:
        """Each round: every proxy's limit by a closed loop, then the shares of it."""
        figures: Figures = {}
        wrong: dict[str, tuple[str, ...]] = {}
        late: dict[str, float] = {}
        names = ("weir", *bench.peers)
        seconds = min(bench.effort.seconds, MOST_SECONDS)
        bench.progress.expect(len(names) * (1 + bench.effort.rounds * (1 + len(SHARES))))
        with ExitStack() as parts:
            origin = parts.enter_context(Origin(bench.folder, bench.cores.load))
            running: list[Proxy] = []
            for name in names:
                bench.progress.step(f"{name} starts")
                proxy = Proxy(KINDS[name], bench.folder / name, bench.cores.proxy, origin_port=origin.ports[0])
                running.append(parts.enter_context(proxy))
                TRAFFIC.load(running[-1].port, bench.effort.warm_up_seconds, bench.cores.load)
            for number in range(bench.effort.rounds):
                for proxy in running:
                    if proxy.name in wrong:
                        continue
                    try:
                        _round(bench, proxy, number + 1, seconds, figures, late)
                    except (WrongAnswer, LoadFailed, ProcessEnded) as error:
                        wrong[proxy.name] = (f"round {number + 1}: {error}",)
        series = tuple(
            Series(subject=who, measure=measure, values=tuple(values))
            for (who, measure), values in figures.items()
            if who.partition(",")[0] not in wrong
        )
        return Finding(
            scenario=self.name,
            what=self.what,
            series=series,
            goals=tuple(latency_goals(series)),
            wrong=wrong,
            doubts=tuple(lag_doubts(late)),
        )


def _round(bench: Bench, proxy: Proxy, number: int, seconds: float, figures: Figures, late: dict[str, float]) -> None:
    bench.progress.step(f"{proxy.name} limit {number}")
    TRAFFIC.check(proxy.port)
    closed = TRAFFIC.load(proxy.port, seconds, bench.cores.load)
    limit_per_s = closed.requests / closed.seconds
    for share in SHARES:
        who = label(proxy.name, share)
        bench.progress.step(f"{who}, round {number}")
        pids = proxy.pids
        before = cpu_time(pids)
        report = open_loop.run(
            f"http://127.0.0.1:{proxy.port}{TRAFFIC.path}",
            share * limit_per_s,
            seconds,
            CONNECTIONS,
            headers=[f"Host: {HOST}"],
            cores=bench.cores.load,
        )
        used = cpu_time(pids).since(before)
        if report.errors:
            raise WrongAnswer(f"{report.errors} of {report.requests} requests had no right answer")
        for measure, value in measured(report, used.total_ns):
            figures.setdefault((who, measure), []).append(value)
        late[who] = max(late.get(who, 0.0), report.lag_p99_ms / report.p99_ms if report.p99_ms else 0.0)


def label(name: str, share: float) -> str:
    """A proxy at a share of its limit."""
    return subject(name, f"{share * 100:.0f} %")


def measured(report: OpenLoopReport, cpu_ns: int) -> Iterator[tuple[Measure, float]]:
    """The figures of one run."""
    yield Measure.REQUESTS, report.answered / report.seconds
    yield Measure.BUSY, cpu_ns / 1e9 / report.seconds
    yield Measure.P50_MS, report.p50_ms
    yield Measure.P99_MS, report.p99_ms
    yield Measure.P999_MS, report.p999_ms
    yield Measure.MAX_MS, report.max_ms


def latency_goals(series: tuple[Series, ...]) -> Iterator[Goal]:
    """That p99 at half of Weir's limit is no worse than nginx's at half of its own, where both were measured."""
    ours, theirs = label("weir", SHARES[0]), label("nginx", SHARES[0])
    found = {each.subject: each for each in series if each.measure is Measure.P99_MS}
    if ours in found and theirs in found:
        both = (found[ours].model_copy(update={"subject": "weir"}), found[theirs])
        yield ratio_goal("p99 at 50 % of its limit against nginx's at 50 %", both, Measure.P99_MS, [theirs], limit=1.0)


def lag_doubts(late: Mapping[str, float]) -> Iterator[str]:
    """A sentence for each whose p99 may be the generator's own; `late` has its lag's p99 as a share of that."""
    for who, share in late.items():
        if share > MOST_LAG:
            yield f"{who}: the generator itself was late by up to {share:.0%} of the p99: its core was busy"
