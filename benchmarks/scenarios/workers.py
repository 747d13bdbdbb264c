"""Two workers beside one: what they cost each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.bench import Bench
from benchmarks.comparison import Entry, Traffic, contest, series_of, wrong_of
from benchmarks.figures import Spread, round_ratios
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.placement import Cores
from benchmarks.results import Finding, Goal, Measure, Series
from benchmarks.scenarios.keepalive_small import equals_goal
from benchmarks.scenarios.route_sets import API, PROBE
from benchmarks.scenarios.routes import subject, times_base
from benchmarks.setups.entries import setup_entry
from benchmarks.setups.setup import Setup

# Requests of two workers against one, on two free cores, by PERFORMANCE.
LEAST_GAIN = 1.8
ONE = "1 worker"


class Workers:
    """Both on the same two cores. Where the load has none of its own, the CPU per request says what two would gain."""

    name = "workers"
    what = "two workers (or threads), beside one, on two cores; 64 kept connections, 60-byte answers"

    def run(self, bench: Bench) -> Finding:
        """Compare Weir and the peers, with two and with one."""
        cores = two_cores(bench.cores)
        there = replace(bench, cores=cores)
        with Origin(bench.folder, cores.load) as origin:
            records = contest(there, list(_entries(there, origin.ports[0])))
        series = series_of(records)
        times = tuple(times_base(series, ("weir", *bench.peers), [""], ONE))
        sentences = ["two workers and the load share two cores: requests/s do not show what two free cores would"]
        return Finding(
            scenario=self.name,
            what=self.what,
            series=(*series, *times),
            goals=(*gain_goals(series, free=not cores.shared), *equals_goal(series)),
            wrong=wrong_of(records),
            doubts=tuple(sentences if cores.shared else ()),
        )


def two_cores(cores: Cores) -> Cores:
    """The first two cores for the proxy and the rest for the load; all for both where there is no third."""
    allowed = sorted(cores.proxy | cores.load)
    return Cores(frozenset(allowed[:2]), frozenset(allowed[2:] or allowed))


def _entries(bench: Bench, origin_port: int) -> Iterator[Entry]:
    traffic = Traffic("/api/orders/42", {}, Answer(200, Origin.small_body(0)))
    for label, workers in (("", 2), (ONE, 1)):
        for name in ("weir", *bench.peers):
            setup = Setup(API, (origin_port,), workers=workers)
            yield setup_entry(bench, subject(name, label), name, setup, traffic, PROBE)


def gain_goals(series: Sequence[Series], *, free: bool) -> Iterator[Goal]:
    """That two of Weir's workers cost no more each than 1.8 times the requests on two cores permit.

    Where two cores are `free`, that there are so many requests too: as the ratio of one worker's to those of two.
    """
    found = {(each.subject, each.measure): each.values for each in series}
    for measure, limit, text, wanted in (
        (Measure.CPU_US, 2 / LEAST_GAIN, "CPU per request with two workers against one", True),
        (Measure.REQUESTS, 1 / LEAST_GAIN, "requests/s of one worker against those of two", free),
    ):
        two, one = found.get(("weir", measure)), found.get((subject("weir", ONE), measure))
        if wanted and two and one:
            rounds = round_ratios(two, one) if measure is Measure.CPU_US else round_ratios(one, two)
            yield Goal(text=text, found=Spread.of(rounds).median, limit=limit, rounds=tuple(rounds))
