"""Tests of the rows that the terminal and the page show."""

from __future__ import annotations

from benchmarks.results import Finding, Goal, Measure, Series
from benchmarks.tables import TITLES, header, number, rows, verdict

FINDING = Finding(
    scenario="s",
    what="small answers",
    series=(
        Series(subject="weir", measure=Measure.CPU_US, values=(20.0, 22.0, 21.0)),
        Series(subject="weir", measure=Measure.P99_MS, values=(1.0, 3.0, 2.0)),
        Series(subject="nginx", measure=Measure.CPU_US, values=(19.5,)),
    ),
    goals=(),
    wrong={"haproxy": ("round 1: 7 of 9 answers were not 2xx",)},
)


def test_row_has_medians_with_the_spread_of_what_goals_are_about() -> None:
    assert header(FINDING) == ["", "CPU us per request", "p99 ms"]
    assert rows(FINDING)[:2] == [["weir", "21 (20-22)", "2"], ["nginx", "19.5", ""]]


def test_proxy_that_answered_wrongly_has_lost() -> None:
    assert rows(FINDING)[2] == ["haproxy", "LOST: round 1: 7 of 9 answers were not 2xx", ""]


def test_scenario_in_which_all_lost_has_a_row_each() -> None:
    lost = Finding(scenario="s", what="w", series=(), goals=(), wrong={"weir": ("502",)})
    assert rows(lost) == [["weir", "LOST: 502"]]


def test_every_measure_has_a_title() -> None:
    assert set(TITLES) == set(Measure)


def test_numbers_have_three_digits_and_separators() -> None:
    assert [number(each) for each in (0.12345, 2.0, 20.04, 123.4, 89159.1)] == ["0.123", "2", "20", "123", "89,159"]


def test_verdict_says_missed_in_so_many_words() -> None:
    assert verdict(Goal(text="CPU", found=1.234, limit=1.0)) == "MISSED: CPU: 1.23 (goal: at most 1)"
    assert verdict(Goal(text="p99", found=42.0, limit=100.0)) == "met: p99: 42 (goal: at most 100)"
