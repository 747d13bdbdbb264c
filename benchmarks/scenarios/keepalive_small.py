"""Small answers over kept connections: what a proxy costs when there is nothing but proxying."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.bench import Bench
from benchmarks.comparison import Traffic, compare, series_of, wrong_of
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.results import Finding, Goal, Measure, Series, ratio_goal

# Whom Weir is to equal, and whom to halve.
EQUALS = ("nginx", "haproxy")
ENVOY_LIMIT = 0.5
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
    """The finding of one sort of traffic, with the goals of CPU per request."""
    records = compare(bench, traffic, ("weir", *bench.peers))
    series = series_of(records)
    return Finding(
        scenario=name,
        what=what,
        series=series,
        goals=tuple(cpu_goals(series)),
        wrong=wrong_of(records),
        doubts=tuple(doubts(series)),
    )


def cpu_goals(series: Sequence[Series]) -> Iterator[Goal]:
    """The goals of CPU per request against those peers that answered rightly; none where Weir did not."""
    yield from equals_goal(series)
    rightly = {each.subject for each in series}
    if {"weir", "envoy"} <= rightly:
        yield ratio_goal("CPU per request against envoy", series, Measure.CPU_US, ["envoy"], limit=ENVOY_LIMIT)


def equals_goal(series: Sequence[Series]) -> Iterator[Goal]:
    """The goal of CPU per request against the better of those that Weir is to equal, where both answered rightly."""
    rightly = {each.subject for each in series}
    equals = [peer for peer in EQUALS if peer in rightly]
    if "weir" in rightly and equals:
        text = f"CPU per request against {'the better of ' if len(equals) > 1 else ''}{' and '.join(equals)}"
        yield ratio_goal(text, series, Measure.CPU_US, equals, limit=1.0)


def doubts(series: Sequence[Series]) -> Iterator[str]:
    """A sentence per proxy that did not have its core to itself in some round, or was not loaded enough to fill it.

    Its caches were then another's too, which raises CPU time per request, and its latencies are those of waiting for
    the core.
    """
    for each in series:
        if each.measure is Measure.BUSY and each.spread.low < LEAST_BUSY:
            yield f"{each.subject} had only {each.spread.low:.0%} of its core in some round: something else ran"
