"""One task put to Weir and the peers, each behind one route to one origin."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.comparison import Record, Task, contest, series_of, wrong_of
from benchmarks.origin import Origin
from benchmarks.results import Finding
from benchmarks.scenarios.keepalive_small import doubts, equals_goal
from benchmarks.scenarios.route_sets import API, PROBE
from benchmarks.setups.entries import setup_entry
from benchmarks.setups.setup import Setup


def records_of(bench: Bench, origin: Origin, task: Task) -> dict[str, Record]:
    """What each of them showed."""
    setup = Setup(API, (origin.ports[0],))
    names = ("weir", *bench.peers)
    return contest(bench, [setup_entry(bench, name, name, setup, task, PROBE) for name in names])


def found(name: str, what: str, bench: Bench, origin: Origin, task: Task) -> Finding:
    """The finding, with the goal that Weir costs no more than those that it is to equal."""
    records = records_of(bench, origin, task)
    series = series_of(records)
    return Finding(
        scenario=name,
        what=what,
        series=series,
        goals=tuple(equals_goal(series)),
        wrong=wrong_of(records),
        doubts=tuple(doubts(series)),
    )
