"""Tests of how the cost of many routes is put beside that of one."""

from __future__ import annotations

import pytest

from benchmarks.results import Measure
from benchmarks.scenarios.routes import ONE, base_goals, times_base
from tests.benchmarks.test_results import series


def test_ratio_to_one_route_is_taken_round_by_round() -> None:
    found = [
        series("weir", 22.0, 60.0),
        series("weir, one route", 20.0, 50.0),
        series("nginx", 9.0, 9.0),
        series("envoy, one route", 1.0, 1.0),
    ]
    (times,) = times_base(found, ("weir", "nginx", "envoy"), [""], ONE)
    assert times.subject == "weir"
    assert times.measure is Measure.TIMES_BASE
    assert times.values == pytest.approx((1.1, 1.2))


def test_goal_is_the_median_of_each_sort() -> None:
    times = [series("weir, hosts", 1.0, 1.2, 1.05, measure=Measure.TIMES_BASE)]
    (goal,) = base_goals(times, ["hosts", "headers"], "routes ({})")
    assert (goal.text, goal.found, goal.met) == ("routes (hosts)", 1.05, True)
