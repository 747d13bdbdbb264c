"""Tests of the rows that the terminal and the page show."""

from __future__ import annotations

from benchmarks.figures import Spread
from benchmarks.results import Finding, Goal, Measure, Series
from benchmarks.tables import TITLES, header, number, ratios, rows, verdict

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


def cpu(subject: str, *values: float) -> Series:
    return Series(subject=subject, measure=Measure.CPU_US, values=values)


def test_last_column_is_the_ratio_of_weir_to_each_other_round_by_round() -> None:
    series = (cpu("weir", 20.0, 44.0), cpu("nginx", 10.0, 20.0), cpu("haproxy", 20.0, 44.0))
    finding = Finding(scenario="s", what="w", series=series, goals=())
    assert ratios(finding) == {"nginx": Spread(2.1, 2.0, 2.2), "haproxy": Spread(1.0, 1.0, 1.0)}
    assert [row[-1] for row in (header(finding), *rows(finding))] == ["weir against it", "", "2.1 (2-2.2)", "1"]


def test_ratio_is_taken_between_subjects_of_the_same_case() -> None:
    series = (cpu("weir", 30.0), cpu("weir, one route", 20.0), cpu("nginx", 10.0), cpu("nginx, one route", 5.0))
    finding = Finding(scenario="s", what="w", series=series, goals=())
    assert {subject: spread.median for subject, spread in ratios(finding).items()} == {
        "nginx": 3.0,
        "nginx, one route": 4.0,
    }


def test_no_ratio_to_one_that_ran_other_rounds() -> None:
    assert ratios(FINDING) == {}


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
    assert verdict(Goal(text="CPU", found=1.2, limit=1.0, rounds=(1.3, 1.1))) == (
        "MISSED: CPU: 1.2 (1.1-1.3) (goal: at most 1)"
    )
    assert verdict(Goal(text="p99", found=42.0, limit=100.0)) == "met: p99: 42 (goal: at most 100)"
