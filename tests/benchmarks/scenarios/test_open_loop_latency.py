"""Tests of the figures of load at a fixed rate."""

from __future__ import annotations

from benchmarks.open_loop import OpenLoopReport
from benchmarks.results import Measure
from benchmarks.scenarios.open_loop_latency import label, lag_doubts, latency_goals, measured
from tests.benchmarks.test_results import series

REPORT = OpenLoopReport(
    requests=1000,
    answered=1000,
    unanswered=0,
    not_2xx=0,
    socket_errors=0,
    answer_bytes=1,
    seconds=2.0,
    p50_ms=1,
    p99_ms=4,
    p999_ms=8,
    max_ms=16,
    lag_p99_ms=0.1,
    lag_max_ms=0.2,
)


def test_figures_are_those_of_the_generator_and_the_proxys_share_of_a_core() -> None:
    found = dict(measured(REPORT, cpu_ns=500_000_000))
    assert found == {
        Measure.REQUESTS: 500.0,
        Measure.BUSY: 0.25,
        Measure.P50_MS: 1,
        Measure.P99_MS: 4,
        Measure.P999_MS: 8,
        Measure.MAX_MS: 16,
    }


def test_goal_is_p99_at_half_of_the_limit_against_nginx_at_half_of_its_own() -> None:
    found = (
        series(label("weir", 0.5), 2.0, 3.0, measure=Measure.P99_MS),
        series(label("weir", 0.8), 99.0, 99.0, measure=Measure.P99_MS),
        series(label("nginx", 0.5), 2.0, 2.0, measure=Measure.P99_MS),
    )
    (goal,) = latency_goals(found)
    assert (goal.found, goal.rounds, goal.met) == (1.25, (1.0, 1.5), False)
    assert list(latency_goals(found[:2])) == []


def test_generator_that_was_late_itself_makes_a_doubt() -> None:
    assert list(lag_doubts({"weir, 50 %": 0.6, "nginx, 50 %": 0.1})) == [
        "weir, 50 %: the generator itself was late by up to 60% of the p99: its core was busy"
    ]
