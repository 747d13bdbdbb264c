"""Tests of the cores of two workers, and of what two must gain."""

from __future__ import annotations

import pytest

from benchmarks.placement import Cores
from benchmarks.results import Measure, Series
from benchmarks.scenarios.workers import gain_goals, two_cores
from tests.benchmarks.test_results import series


def figures(cpu: float, requests: float) -> list[Series]:
    return [
        series("weir", cpu, measure=Measure.CPU_US),
        series("weir", requests, measure=Measure.REQUESTS),
        series("weir, 1 worker", 20.0, measure=Measure.CPU_US),
        series("weir, 1 worker", 100.0, measure=Measure.REQUESTS),
    ]


def test_third_core_is_the_loads_own() -> None:
    assert two_cores(Cores.of(frozenset((1, 2, 3, 5)))) == Cores(frozenset((1, 2)), frozenset((3, 5)))


def test_two_cores_are_shared_with_the_load() -> None:
    assert two_cores(Cores.of(frozenset((0, 1)))).shared
    assert two_cores(Cores.of(frozenset((4,)))) == Cores(frozenset((4,)), frozenset((4,)))


def test_requests_are_a_goal_on_free_cores_only() -> None:
    assert [goal.met for goal in gain_goals(figures(22.0, 180.0), free=True)] == [True, True]
    assert [goal.met for goal in gain_goals(figures(23.0, 179.0), free=True)] == [False, False]
    (goal,) = gain_goals(figures(30.0, 120.0), free=False)
    assert goal.found == pytest.approx(1.5)


def test_no_goal_where_weir_answered_wrongly() -> None:
    assert list(gain_goals([series("nginx", 1.0, measure=Measure.CPU_US)], free=True)) == []
