"""A connection for each request: what accepting and closing cost on top of an exchange."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.comparison import Entry, Traffic, contest, series_of, wrong_of
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.results import Finding
from benchmarks.scenarios.keepalive_small import doubts, equals_goal
from benchmarks.scenarios.route_sets import API, PROBE
from benchmarks.setups.entries import setup_entry
from benchmarks.setups.setup import Setup


class NewConnections:
    """The client asks for the close, as one that keeps nothing does; upstream connections are kept all the same."""

    name = "new-connections"
    what = "a new connection per request, 64 at a time, closed by the proxy after its answer of 60 bytes"

    def run(self, bench: Bench) -> Finding:
        """Compare Weir and the peers."""
        closing = Traffic("/api/orders/42", {"Connection": "close"}, Answer(200, Origin.small_body(0)))
        with Origin(bench.folder, bench.cores.load) as origin:
            setup = Setup(API, (origin.ports[0],))
            names = ("weir", *bench.peers)
            entries: list[Entry] = [setup_entry(bench, name, name, setup, closing, PROBE) for name in names]
            records = contest(bench, entries)
        series = series_of(records)
        return Finding(
            scenario=self.name,
            what=self.what,
            series=series,
            goals=tuple(equals_goal(series)),
            wrong=wrong_of(records),
            doubts=tuple(doubts(series)),
        )
