"""Loss of zones in a small fleet: where requests go, and what panic does."""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks.simulation.fleet import Size
from benchmarks.simulation.scenarios.zone_loss import LOAD, SETUPS, Found, run

SMALL = Size(gateways=6, endpoints=30, seconds=2.0)


@cache
def found(setup: str) -> Found:
    return run(SMALL, SETUPS[setup])


def test_each_zone_keeps_its_own_while_nothing_is_lost() -> None:
    peace = found("nothing lost")
    assert peace.shares == pytest.approx((1 / 3,) * 3, abs=0.05)
    assert peace.busy == pytest.approx((LOAD,) * 3, abs=0.06)
    assert (peace.failed, peace.panic) == (0.0, 0.0)


def test_half_a_zone_keeps_seven_tenths_of_its_requests() -> None:
    half = found("half of z2")
    assert half.shares[2] == pytest.approx(0.7 / 3, abs=0.04)
    assert half.failed == 0.0


def test_a_whole_zone_goes_to_the_others_in_even_parts() -> None:
    lost = found("z2")
    assert lost.shares[2] == 0.0
    assert lost.busy == pytest.approx((1.5 * LOAD,) * 2, abs=0.08)
    assert (lost.failed, lost.panic) == (0.0, 0.0)
    assert lost.unnoticed > 0.1


def test_ejection_alone_cannot_take_out_a_zone_within_its_default_bound() -> None:
    assert found("z2, no checks, outliers (10 %)").failed > 0.2
    assert found("z2, no checks, outliers (50 %)").failed < 0.05


def test_two_lost_zones_are_a_panic_in_which_requests_fail_for_those_that_are_left() -> None:
    panic = found("z1 and z2")
    assert panic.panic == 1.0
    assert panic.failed == pytest.approx(2 / 3, abs=0.08)
    assert panic.busy == pytest.approx((LOAD,), abs=0.1)


def test_without_panic_those_that_are_left_drown() -> None:
    left = found("z1 and z2, panicThreshold 0")
    assert left.shares == (1.0, 0.0, 0.0)
    assert left.busy[0] > 0.95
    assert left.p99 > 2 * found("nothing lost").p99
