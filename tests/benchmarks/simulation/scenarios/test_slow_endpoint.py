"""One slow endpoint of ten in a small fleet: PeakEwma hides it, the others do not."""

from __future__ import annotations

import pytest

from benchmarks.simulation.fleet import Size
from benchmarks.simulation.scenarios.balance import of
from benchmarks.simulation.scenarios.slow_endpoint import FEW, GOAL, run

SMALL = Size(gateways=4, endpoints=10, seconds=6.0)


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7])
def test_peak_ewma_keeps_p99_within_the_goal(load: float) -> None:
    found = run(SMALL, of("PeakEwma"), load, FEW)
    assert found.p99 <= GOAL
    assert found.slow_part < 0.01


def test_least_request_sends_it_less_and_round_robin_its_full_part() -> None:
    least, turn = (run(SMALL, of(kind), 0.5, FEW) for kind in ("LeastRequest", "RoundRobin"))
    assert GOAL < least.p99 < turn.p99
    assert 0.01 < least.slow_part < 0.06 < turn.slow_part < 0.11
