"""Small answers over kept connections: what a proxy costs when there is nothing but proxying."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.bench import Bench
from benchmarks.comparison import Traffic, compare, series_of, wrong_of
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.results import Finding, Goal, Measure, Series, ratio_goal

# Undisturbed, 64 connections keep each of the proxies at 0.97 and more.
LEAST_BUSY = 0.9


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
    return Finding(
        scenario=name,
        what=what,
        series=series,
        goals=tuple(goals),
        wrong=wrong_of(records),
        doubts=tuple(doubts(series)),
    )


def doubts(series: Sequence[Series]) -> Iterator[str]:
    """A sentence per proxy that did not have its core to itself in some round, or was not loaded enough to fill it.

    Its caches were then another's too, which raises CPU time per request, and its latencies are those of waiting for
    the core.
    """
    for each in series:
        if each.measure is Measure.BUSY and each.spread.low < LEAST_BUSY:
            yield f"{each.subject} had only {each.spread.low:.0%} of its core in some round: something else ran"
