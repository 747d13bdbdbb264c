"""Tests of the goals of a comparison, and of what makes it doubtful."""

from __future__ import annotations

from benchmarks.results import Measure
from benchmarks.scenarios.keepalive_small import cpu_goals, doubts
from tests.benchmarks.test_results import series


def test_proxy_that_shared_its_core_in_one_round_is_doubtful() -> None:
    busy = [
        series("weir", 0.99, 0.98, measure=Measure.BUSY),
        series("nginx", 0.99, 0.3, measure=Measure.BUSY),
        series("nginx", 0.1, 0.1, measure=Measure.P99_MS),
    ]
    assert list(doubts(busy)) == ["nginx had only 30% of its core in some round: something else ran"]


def test_goals_are_to_equal_nginx_and_haproxy_and_to_halve_envoy() -> None:
    found = [
        series("weir", 10.0),
        series("nginx", 8.0),
        series("haproxy", 9.0),
        series("envoy", 40.0),
        series("caddy", 5.0),
    ]
    equal, half = cpu_goals(found)
    assert (equal.text, equal.found, equal.limit) == (
        "CPU per request against the better of nginx and haproxy",
        1.25,
        1.0,
    )
    assert (half.text, half.found, half.limit) == ("CPU per request against envoy", 0.25, 0.5)


def test_no_goal_without_weir_or_without_those_that_goals_are_about() -> None:
    assert list(cpu_goals([series("nginx", 8.0)])) == []
    assert list(cpu_goals([series("weir", 10.0), series("caddy", 5.0)])) == []
