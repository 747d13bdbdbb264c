"""Tests of results: goals, ratios, and JSON there and back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from benchmarks.results import (
    Finding,
    Goal,
    Machine,
    Measure,
    Report,
    Series,
    merged,
    newest,
    ratio_goal,
    read,
    write,
)

MACHINE = Machine(processor="Quick 9", cores=2, memory_mib=4096, kernel="6.1", proxy_cores=(0,), load_cores=(1,))


def series(subject: str, *values: float, measure: Measure = Measure.CPU_US) -> Series:
    return Series(subject=subject, measure=measure, values=values)


def report(*, day: int = 1, quick: bool = False) -> Report:
    finding = Finding(
        scenario="keepalive-small",
        what="small answers",
        series=(series("weir", 10.0, 30.0, 20.0), series("nginx", 10.0, 20.0, 20.0)),
        goals=(Goal(text="CPU", found=1.2, limit=1.0),),
        wrong={"haproxy": ("502",)},
    )
    date = datetime(2026, 1, day, 12, tzinfo=UTC)
    return Report(
        date=date, commit="abc1234", machine=MACHINE, programs={"weir": "weir 1"}, quick=quick, findings=(finding,)
    )


def test_goal_is_met_up_to_its_limit() -> None:
    assert Goal(text="x", found=1.0, limit=1.0).met
    assert not Goal(text="x", found=1.01, limit=1.0).met


def test_ratio_is_to_the_better_peer_round_by_round() -> None:
    found = [series("weir", 10.0, 30.0, 20.0), series("nginx", 10.0, 20.0, 20.0), series("haproxy", 20.0, 60.0, 40.0)]
    goal = ratio_goal("CPU", found, Measure.CPU_US, ["nginx", "haproxy"], 1.0)
    # To nginx 1, 1.5 and 1; to HAProxy a half each time.
    assert goal.found == 1.0
    assert goal.rounds == (1.0, 1.5, 1.0)
    assert ratio_goal("CPU", found, Measure.CPU_US, ["haproxy"], 1.0).found == 0.5


def test_ratio_to_nobody_is_an_error() -> None:
    with pytest.raises(LookupError, match="no peer"):
        ratio_goal("CPU", [series("weir", 1.0)], Measure.CPU_US, ["nginx"], 1.0)


def test_finding_gives_values_by_subject_and_measure() -> None:
    finding = report().findings[0]
    assert finding.subjects == ("weir", "nginx")
    assert finding.values("nginx", Measure.CPU_US) == (10.0, 20.0, 20.0)
    with pytest.raises(LookupError, match="nginx"):
        finding.values("nginx", Measure.P99_MS)


def test_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    file = write(report(quick=True), tmp_path / "new" / "folder")
    assert file.name == "20260101T120000-abc1234-quick.json"
    assert read(file) == report(quick=True)


def test_newest_result_is_that_of_the_last_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run the benchmarks first"):
        newest(tmp_path)
    write(report(day=2), tmp_path)
    last = write(report(day=3), tmp_path)
    write(report(day=1), tmp_path)
    assert newest(tmp_path) == last


def test_newest_is_none_that_has_not_all_scenarios(tmp_path: Path) -> None:
    whole = write(report(day=1), tmp_path)
    write(report(day=2), tmp_path, part=True)
    write(report(day=3, quick=True), tmp_path)
    assert newest(tmp_path) == whole


def test_runs_of_one_commit_are_put_together_and_the_later_finding_counts() -> None:
    first, second = report(day=1), report(day=2)
    other = first.findings[0].model_copy(update={"scenario": "browser"})
    again = first.findings[0].model_copy(update={"what": "again"})
    found = merged(
        [
            first.model_copy(update={"findings": (first.findings[0], other)}),
            second.model_copy(update={"findings": (again,), "programs": {"caddy": "caddy 2"}}),
        ]
    )
    assert [each.what for each in found.findings] == ["again", "small answers"]
    assert found.programs == {"weir": "weir 1", "caddy": "caddy 2"}
    assert found.date == second.date


@pytest.mark.parametrize("change", [{"commit": "def5678"}, {"quick": True}, {"base": "weir@abc1234"}])
def test_runs_that_differ_are_not_put_together(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="different runs"):
        merged([report(), report().model_copy(update=change)])


def test_result_file_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    file = write(report(), tmp_path)
    file.write_text(file.read_text().replace('"quick"', '"quicker"'))
    with pytest.raises(ValidationError):
        read(file)
