"""Tests of what makes a comparison doubtful."""

from __future__ import annotations

from benchmarks.results import Measure
from benchmarks.scenarios.keepalive_small import doubts
from tests.benchmarks.test_results import series


def test_proxy_that_shared_its_core_in_one_round_is_doubtful() -> None:
    busy = [
        series("weir", 0.99, 0.98, measure=Measure.BUSY),
        series("nginx", 0.99, 0.3, measure=Measure.BUSY),
        series("nginx", 0.1, 0.1, measure=Measure.P99_MS),
    ]
    assert list(doubts(busy)) == ["nginx had only 30% of its core in some round: something else ran"]
