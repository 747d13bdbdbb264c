"""Tests of what a run says of the project's goals."""

from __future__ import annotations

from benchmarks.goals import ROWS, Row, State, outcomes
from benchmarks.results import Finding, Goal
from benchmarks.scenarios.catalog import BY_NAME

EQUAL = "CPU per request against the better of nginx and haproxy"
HALF = "CPU per request against envoy"


def finding(scenario: str, *goals: tuple[str, float], wrong: dict[str, tuple[str, ...]] | None = None) -> Finding:
    return Finding(
        scenario=scenario,
        what="w",
        series=(),
        goals=tuple(Goal(text=text, found=found, limit=1.0) for text, found in goals),
        wrong=wrong or {},
    )


def state(scenario: str, *findings: Finding) -> State:
    (found,) = (each for each in outcomes(findings) if scenario in each.row.scenarios)
    return found.state


def test_row_is_won_when_all_that_it_asks_for_was_met() -> None:
    assert state("browser", finding("browser", (EQUAL, 1.0), (HALF, 0.4))) is State.WON


def test_row_is_lost_by_one_missed_goal() -> None:
    assert state("browser", finding("browser", (EQUAL, 0.9), (HALF, 1.1))) is State.LOST
    assert state("browser", finding("browser", (EQUAL, 1.1))) is State.LOST


def test_row_is_not_won_by_half_of_what_it_asks_for() -> None:
    assert state("browser", finding("browser", (EQUAL, 0.9))) is State.NOT_MEASURED


def test_row_without_a_run_is_not_measured() -> None:
    assert {each.state for each in outcomes([])} == {State.NOT_MEASURED}
    assert len(outcomes([])) == len(ROWS)


def test_row_is_lost_when_weir_answered_wrongly_and_not_when_a_peer_did() -> None:
    met = ((EQUAL, 0.9), (HALF, 0.4))
    assert state("browser", finding("browser", *met, wrong={"weir, many": ("502",)})) is State.LOST
    assert state("browser", finding("browser", *met, wrong={"nginx": ("502",)})) is State.WON


def test_row_leaves_goals_alone_that_are_of_another() -> None:
    found = finding("routes-10000", (EQUAL, 3.0), ("CPU per request with 10,000 routes against one", 0.9))
    assert state("routes-10000", found) is State.WON


def test_further_goal_counts_where_it_is_and_is_not_asked_for() -> None:
    cpu = ("CPU per request with two workers against one", 0.9)
    assert state("workers", finding("workers", cpu, (EQUAL, 3.0))) is State.WON
    gain = "requests/s of one worker against those of two"
    assert state("workers", finding("workers", cpu, (gain, 1.2))) is State.LOST
    assert state("workers", finding("workers", (gain, 0.5))) is State.NOT_MEASURED


def test_every_scenario_that_a_row_names_in_full_is_in_the_catalog() -> None:
    named = {name for row in ROWS for name in row.scenarios if "*" not in name}
    assert named <= set(BY_NAME)


def test_row_gathers_all_scenarios_of_its_patterns() -> None:
    row = Row("w", "g", ("start*",))
    found = [finding("start-1000"), finding("start-10000"), finding("restart")]
    assert [each.scenario for each in row.measured_by(found)] == ["start-1000", "start-10000"]
