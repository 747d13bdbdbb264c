"""How long a start takes, from the program's call to the first answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.answer_check import WrongAnswer, check_answers
from benchmarks.bench import Bench
from benchmarks.figures import Spread
from benchmarks.origin import Origin
from benchmarks.procfs import peak_memory_kib
from benchmarks.results import Finding, Goal, Measure, Series
from benchmarks.scenarios.route_sets import RouteSet, prefixes
from benchmarks.scenarios.routes import subject
from benchmarks.setups.entries import serves
from benchmarks.setups.proxies import setup_proxy
from benchmarks.setups.setup import Setup

COUNTS = (1_000, 10_000)
LIMIT_S = 1.0


class StartUp:
    """The last of the routes is asked for, every 20 ms until it answers, so that all of them are known to be there."""

    name = "start-up"
    what = "from the start of the program until the last of 1,000 or 10,000 routes answers"

    def run(self, bench: Bench) -> Finding:
        """Every proxy afresh in every round, one after the other; no more routes than the effort has."""
        found: dict[tuple[str, Measure], list[float]] = {}
        wrong: dict[str, tuple[str, ...]] = {}
        cases = {
            f"{count:,} routes": prefixes(count) for count in sorted({min(c, bench.effort.routes) for c in COUNTS})
        }
        names = ("weir", *bench.peers)
        bench.progress.expect(bench.effort.rounds * len(cases) * len(names))
        with Origin(bench.folder, bench.cores.load) as origin:
            for number in range(bench.effort.rounds):
                for label, routes in cases.items():
                    for name in names:
                        who = subject(name, label)
                        bench.progress.step(f"{who}, start {number + 1}")
                        if who in wrong:
                            continue
                        try:
                            start_s, peak_kib = started(
                                bench, name, routes, origin.ports[0], f"{who}, start {number + 1}"
                            )
                        except WrongAnswer as error:
                            wrong[who] = (str(error),)
                            continue
                        found.setdefault((who, Measure.START_S), []).append(start_s)
                        found.setdefault((who, Measure.PEAK_MIB), []).append(peak_kib / 1024)
        seconds = {who: values for (who, measure), values in found.items() if measure is Measure.START_S}
        return Finding(
            scenario=self.name,
            what=self.what,
            series=tuple(
                Series(subject=who, measure=measure, values=tuple(values))
                for (who, measure), values in found.items()
                if who not in wrong
            ),
            goals=tuple(start_goals(seconds, next(iter(cases)))),
            wrong=wrong,
        )


def started(bench: Bench, name: str, routes: RouteSet, origin_port: int, folder: str) -> tuple[float, int]:
    """Seconds that one start takes, and the peak of its memory in KiB. Raises WrongAnswer, NotStarted."""
    traffic = routes.traffic
    proxy = setup_proxy(
        bench,
        name,
        Setup(routes.rules, (origin_port,)),
        lambda port: serves(port, traffic),
        folder=folder,
    )
    began_s = time.monotonic()
    with proxy:
        took_s = time.monotonic() - began_s
        check_answers(proxy.port, traffic.host, traffic.path, traffic.headers, traffic.expected)
        return took_s, peak_memory_kib(proxy.pids)


def start_goals(seconds: Mapping[str, Sequence[float]], label: str) -> Iterator[Goal]:
    """The goal for Weir, in the case of that label."""
    values = seconds.get(subject("weir", label))
    if values:
        text = f"seconds until the first of {label} is served"
        yield Goal(text=text, found=Spread.of(values).median, limit=LIMIT_S, rounds=tuple(values))
