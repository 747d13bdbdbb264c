"""What it costs to choose among endpoints, and to keep connections to all of them."""

from __future__ import annotations

import http.client
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from benchmarks.answer_check import WrongAnswer
from benchmarks.bench import Bench
from benchmarks.comparison import Entry, Traffic, contest, series_of, wrong_of
from benchmarks.http_client import Answer, Client
from benchmarks.origin import Origin
from benchmarks.proxies import HOST
from benchmarks.results import Finding
from benchmarks.scenarios.keepalive_small import doubts, equals_goal
from benchmarks.scenarios.route_sets import API, PROBE
from benchmarks.scenarios.routes import subject, times_base
from benchmarks.setups.entries import setup_entry
from benchmarks.setups.setup import Setup
from benchmarks.wrk import LoadReport

COUNTS = (1, 10, 1_000)
TRAFFIC = Traffic("/api/orders/42", {}, Answer(200, Origin.small_body(0)))
# Round robin meets each of them in one turn; a share less, as some start at a place of their own.
LEAST_MET = 0.9
TURNS = 2


@dataclass(frozen=True, slots=True)
class AnyEndpoint:
    """Requests that any of so many endpoints may answer, all in turn."""

    count: int

    def check(self, port: int) -> None:
        """Two turns of all endpoints over one connection. Raises WrongAnswer."""
        with closing(Client(port, HOST)) as client:
            try:
                found = [client.get(TRAFFIC.path) for _ in range(TURNS * self.count)]
            except (OSError, http.client.HTTPException) as error:
                raise WrongAnswer(f"no answer: {error!r}") from None
        check_met(found, self.count)

    def load(self, port: int, duration_s: float, cores: frozenset[int]) -> LoadReport:
        """Load by wrk: the answers of all endpoints are of one length. Raises WrongAnswer, LoadFailed."""
        return TRAFFIC.load(port, duration_s, cores)


def check_met(found: Collection[Answer], count: int) -> None:
    """Raises WrongAnswer where one is not an endpoint's, or too few endpoints answered."""
    known = {Origin.small_body(index) for index in range(count)}
    for answer in found:
        if answer.status != 200 or answer.body not in known:
            raise WrongAnswer(f"{answer.status} with {answer.body[:80]!r}")
    met = len({answer.body for answer in found})
    if met < LEAST_MET * count:
        raise WrongAnswer(f"only {met} of {count} endpoints answered {len(found)} requests")


class Endpoints:
    """The same round robin at all proxies; a connection at least is kept to each endpoint."""

    name = "endpoints"
    what = "1,000 endpoints in turn, beside 10 and 1; 64 kept connections, 60-byte answers"

    def run(self, bench: Bench) -> Finding:
        """Every proxy with each number of endpoints; no more of them than the effort has routes."""
        counts = sorted({min(count, bench.effort.routes) for count in COUNTS})
        labels = labelled(counts)
        with Origin(bench.folder, bench.cores.load, endpoints=counts[-1]) as origin:
            records = contest(bench, list(_entries(bench, labels, tuple(origin.ports))))
        series = series_of(records)
        base = next(iter(labels))
        times = times_base(series, ("weir", *bench.peers), [label for label in labels if label != base], base)
        return Finding(
            scenario=self.name,
            what=self.what,
            series=(*series, *times),
            goals=tuple(equals_goal(series)),
            wrong=wrong_of(records),
            doubts=tuple(doubts(series)),
        )


def labelled(counts: Collection[int]) -> dict[str, int]:
    """The cases by their labels; the greatest has none, as it is what the scenario is about."""
    greatest = max(counts)
    return {
        "" if count == greatest else f"{count:,} {'endpoint' if count == 1 else 'endpoints'}": count for count in counts
    }


def _entries(bench: Bench, labels: Mapping[str, int], ports: tuple[int, ...]) -> Iterator[Entry]:
    for label, count in labels.items():
        for name in ("weir", *bench.peers):
            setup = Setup(API, ports[:count])
            yield setup_entry(bench, subject(name, label), name, setup, AnyEndpoint(count), PROBE)
