"""Balance in a small fleet: who is even, and what that is worth."""

from __future__ import annotations

from functools import cache

from benchmarks.simulation.fleet import Size
from benchmarks.simulation.scenarios.balance import BALANCERS, Found, run

SMALL = Size(gateways=4, endpoints=20, seconds=5.0)


@cache
def found(balancer: str) -> tuple[Found, Found]:
    """At 60 % and at 85 % load."""
    low, high = run(SMALL, BALANCERS[balancer])
    return low, high


def test_same_seed_gives_the_same_figures_and_another_one_others() -> None:
    again = run(SMALL, BALANCERS["LeastRequest"])
    assert tuple(again) == found("LeastRequest")
    other = Size(SMALL.gateways, SMALL.endpoints, SMALL.seconds, seed=2)
    assert run(other, BALANCERS["LeastRequest"]) != again


def test_round_robin_is_exact_and_least_request_evener_than_draws() -> None:
    for load in (0, 1):
        assert found("RoundRobin")[load].variation < 0.05
        assert found("LeastRequest")[load].variation < found("Random")[load].variation


def test_who_knows_what_runs_keeps_p99_low_at_high_load() -> None:
    random = found("Random")[1].p99
    for balancer in ("LeastRequest", "PeakEwma"):
        assert found(balancer)[1].p99 < 0.8 * random, balancer
        assert found(balancer)[0].p99 < 3.2, balancer


def test_who_goes_by_keys_is_no_evener_than_who_goes_by_what_runs() -> None:
    for balancer in ("Maglev", "RingHash"):
        assert found("LeastRequest")[1].variation < found(balancer)[1].variation < 0.4, balancer


def test_nothing_fails_below_capacity() -> None:
    assert {each.failed for balancer in ("Random", "RoundRobin", "LeastRequest") for each in found(balancer)} == {0.0}
