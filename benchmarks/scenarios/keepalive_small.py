"""Small answers over kept connections: what a proxy costs when there is nothing but proxying."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.comparison import Traffic, compare, series_of, wrong_of
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.results import Finding, Goal, Measure, ratio_goal


class KeepAliveSmall:
    """A host and path route, forwarded headers, metrics; 64 connections, a 60-byte answer."""

    name = "keepalive-small"
    what = "64 kept connections, a host and path route, forwarded headers, metrics, 60-byte answers"
    traffic = Traffic(path="/api/orders/42", headers={}, expected=Answer(200, Origin.small_body(0)))

    def run(self, bench: Bench) -> Finding:
        """Compare Weir and the peers."""
        return compared(self.name, self.what, self.traffic, bench)


def compared(name: str, what: str, traffic: Traffic, bench: Bench) -> Finding:
    """The finding of one sort of traffic, with the goal that Weir costs no more than the better peer."""
    records = compare(bench, traffic, ("weir", *bench.peers))
    series = series_of(records)
    rightly = {each.subject for each in series}
    peers = [peer for peer in bench.peers if peer in rightly]
    goals: list[Goal] = []
    if "weir" in rightly and peers:
        text = f"CPU per request against the better of {' and '.join(peers)}"
        goals.append(ratio_goal(text, series, Measure.CPU_US, peers, limit=1.0))
    return Finding(scenario=name, what=what, series=series, goals=tuple(goals), wrong=wrong_of(records))
