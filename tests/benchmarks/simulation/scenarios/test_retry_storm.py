"""Retries in three small tiers: a budget and the mark keep the load of the last within 1.2 times."""

from __future__ import annotations

import pytest

from benchmarks.simulation.fleet import Size
from benchmarks.simulation.scenarios.retry_storm import SETUPS, run

SMALL = Size(gateways=4, endpoints=8, seconds=2.0)


@pytest.mark.parametrize("failing", [0.3, 1.0])
@pytest.mark.parametrize("setup", ["one tier, budget 20 %", "three tiers, budget 20 %"])
def test_budget_bounds_the_load_whatever_fails(setup: str, failing: float) -> None:
    assert 1.1 < run(SMALL, SETUPS[setup], failing).factor <= 1.2


def test_without_a_budget_the_mark_alone_keeps_tiers_from_multiplying() -> None:
    assert 2.9 < run(SMALL, SETUPS["three tiers, no budget"], 1.0).factor < 3.1


def test_without_mark_and_budget_the_tiers_multiply() -> None:
    assert 26.0 < run(SMALL, SETUPS["three tiers, no budget, mark dropped between"], 1.0).factor < 28.0


def test_without_the_mark_budgets_multiply() -> None:
    found = run(SMALL, SETUPS["three tiers, budget 20 %, mark dropped between"], 1.0)
    assert 1.2 < found.factor <= 1.2**3


def test_retries_mend_what_fails_now_and_then() -> None:
    assert run(SMALL, SETUPS["one tier, no budget"], 0.3).failed < 0.06
    assert run(SMALL, SETUPS["one tier, budget 20 %"], 0.3).failed < 0.3
