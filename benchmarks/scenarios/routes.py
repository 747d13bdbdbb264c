"""What routes cost: the last of many, beside the only one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.bench import Bench
from benchmarks.comparison import Entry, contest, series_of, wrong_of
from benchmarks.figures import Spread, round_ratios
from benchmarks.origin import Origin
from benchmarks.results import Finding, Goal, Measure, Series
from benchmarks.scenarios.keepalive_small import cpu_goals, doubts
from benchmarks.scenarios.route_sets import RouteSet, hosts, methods, mixed, prefixes, variants
from benchmarks.setups.entries import setup_entry
from benchmarks.setups.setup import Setup

# Of what one route costs, by PERFORMANCE.
LIMIT = 1.1
# Many subjects take turns; CPU time per request needs no more than this of each round.
MOST_SECONDS = 2.0
ONE = "one route"
# Who is left out of `route-kinds`.
CANNOT = {
    "caddy": "walks its routes as a chain of handlers in each request: with 10,000 of one path it answers one or two "
    "requests a second (see routes-10000)"
}


@dataclass(frozen=True, slots=True)
class Routes:
    """So many path prefixes under one host, the last one matched."""

    count: int

    @property
    def name(self) -> str:
        """By the number."""
        return f"routes-{self.count}"

    @property
    def what(self) -> str:
        """By the number."""
        if self.count == 1:
            return "one route of a host and a path prefix, 60-byte answers"
        return f"{self.count:,} path prefixes under one host, the last one matched, beside one route"

    def run(self, bench: Bench) -> Finding:
        """Every proxy with the many routes, and with one; no more routes than the effort has."""
        count = min(self.count, bench.effort.routes)
        cases = {"": prefixes(count)}
        if count > 1:
            cases[ONE] = prefixes(1)
        return _found(self.name, self.what, bench, cases, f"CPU per request with {count:,} routes against one")


class RouteKinds:
    """The sorts that a proxy may treat each in its own way."""

    name = "route-kinds"
    what = "10,000 routes by host, by header on one path, by method, or mixed; the last one matched, beside one route"

    def run(self, bench: Bench) -> Finding:
        """Every proxy with each sort, and with one route."""
        count = bench.effort.routes
        sorts: Mapping[str, Callable[[int], RouteSet]] = {
            "hosts": hosts,
            "headers": variants,
            "methods": methods,
            "mixed": mixed,
        }
        cases = {sort: make(count) for sort, make in sorts.items()} | {ONE: prefixes(1)}
        able = replace(bench, peers=bench.able(CANNOT))
        text = f"CPU per request with {count:,} routes ({{}}) against one"
        found = _found(self.name, self.what, able, cases, text)
        return found.model_copy(update={"cannot": {name: CANNOT[name] for name in bench.peers if name in CANNOT}})


def _found(name: str, what: str, bench: Bench, cases: Mapping[str, RouteSet], goal: str) -> Finding:
    short = replace(bench, effort=replace(bench.effort, seconds=min(bench.effort.seconds, MOST_SECONDS)))
    with Origin(bench.folder, bench.cores.load) as origin:
        records = contest(short, list(_entries(short, cases, origin.ports[0])))
    series = series_of(records)
    labels = [label for label in cases if label != ONE]
    times = list(times_base(series, ("weir", *bench.peers), labels, ONE))
    goals = [*cpu_goals(series), *base_goals(times, labels, goal)]
    return Finding(
        scenario=name,
        what=what,
        series=(*series, *times),
        goals=tuple(goals),
        wrong=wrong_of(records),
        doubts=tuple(doubts(series)),
    )


def _entries(bench: Bench, cases: Mapping[str, RouteSet], origin_port: int) -> Iterator[Entry]:
    for label, routes in cases.items():
        for name in ("weir", *bench.peers):
            setup = Setup(routes.rules, (origin_port,))
            yield setup_entry(bench, subject(name, label), name, setup, routes.traffic, routes.traffic)


def subject(name: str, label: str) -> str:
    """A proxy in a case; the case without a label is the proxy's own."""
    return f"{name}, {label}" if label else name


def times_base(series: Sequence[Series], names: Sequence[str], labels: Sequence[str], base: str) -> Iterator[Series]:
    """What a request costs in each case against the base, round by round, for those that were measured in both."""
    cpu = {each.subject: each.values for each in series if each.measure is Measure.CPU_US}
    for label in labels:
        for name in names:
            case, one = cpu.get(subject(name, label)), cpu.get(subject(name, base))
            if case and one:
                ratios = tuple(round_ratios(case, one))
                yield Series(subject=subject(name, label), measure=Measure.TIMES_BASE, values=ratios)


def base_goals(times: Sequence[Series], labels: Sequence[str], text: str) -> Iterator[Goal]:
    """The goals for Weir; `text` may have a place for the label."""
    found = {each.subject: each.values for each in times}
    for label in labels:
        values = found.get(subject("weir", label))
        if values:
            yield Goal(text=text.format(label), found=Spread.of(values).median, limit=LIMIT)
