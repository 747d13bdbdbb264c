"""Tests of two Weirs in one run: one takes a peer's place, or both run alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench import Bench
from benchmarks.commits import Build
from benchmarks.programs import WEIR, program
from benchmarks.proxies import KINDS
from benchmarks.results import Finding, Goal, Measure, Series
from benchmarks.scenarios.keepalive_small import KeepAliveSmall
from benchmarks.setups.proxies import SETUP_KINDS
from benchmarks.tables import changes, ratios
from benchmarks.versus import ALONE, Pair, Versus, registered
from tests.benchmarks.support import bench_in
from tests.benchmarks.test_results import report
from tests.support.programs import require_program

PAIR = Pair(Build("abc1234", Path("/older/weir")), Build("def5678", Path("/newer/weir")))


class Alone:
    """Measures the program `weir` and no peer: its figure is the length of the program's path."""

    name = "alone"
    what = "something of Weir's own"

    def run(self, bench: Bench) -> Finding:
        figure = float(len(str(program("weir"))))
        series = Series(subject="weir, quiet", measure=Measure.CPU_US, values=(figure,))
        goal = Goal(text="x", found=figure, limit=1.0)
        return Finding(scenario=self.name, what=self.what, series=(series,), goals=(goal,))


def test_older_one_is_a_proxy_by_its_name_and_only_meanwhile(tmp_path: Path) -> None:
    with registered(PAIR):
        assert KINDS["weir@abc1234"].command(tmp_path / "f", tmp_path)[0] == "/older/weir"
        assert SETUP_KINDS["weir@abc1234"].command(1)(tmp_path / "f", tmp_path)[0] == "/older/weir"
        assert KINDS["weir"].command(tmp_path / "f", tmp_path)[0] == "/newer/weir"
    assert "weir@abc1234" not in {*KINDS, *SETUP_KINDS}
    assert program("weir") == WEIR


def test_scenario_without_peers_is_run_for_each_of_the_two(tmp_path: Path) -> None:
    pair = Pair(Build("abc1234", Path("/a")), Build("def5678", Path("/abc")))
    with registered(pair):
        found = Versus(Alone(), pair).run(bench_in(tmp_path, pair.base_name))
    assert found.subjects == ("weir, quiet", "weir@abc1234, quiet")
    assert ratios(found)["weir@abc1234, quiet"].median == 2.0
    assert found.goals == ()
    assert found.doubts == (ALONE,)


def test_changes_are_ratios_by_scenario_case_and_measure() -> None:
    def series(subject: str, measure: Measure, *values: float) -> Series:
        return Series(subject=subject, measure=measure, values=values)

    finding = Finding(
        scenario="s",
        what="w",
        goals=(),
        series=(
            series("weir", Measure.CPU_US, 10.0, 20.0),
            series("weir@a", Measure.CPU_US, 20.0, 40.0),
            series("weir", Measure.P99_MS, 3.0, 3.0),
            series("weir@a", Measure.P99_MS, 2.0, 3.0),
            series("weir, many", Measure.CPU_US, 5.0),
            series("weir@a, many", Measure.CPU_US, 5.0),
        ),
    )
    assert changes(report().model_copy(update={"findings": (finding,), "base": "weir@a"})) == [
        ["s", "CPU us per request", "0.5"],
        ["s", "p99 ms", "1.25 (1-1.5)"],
        ["s, many", "CPU us per request", "1"],
    ]


@pytest.mark.slow
def test_two_weirs_run_in_turns(tmp_path: Path) -> None:
    require_program("nginx")
    require_program("wrk")
    pair = Pair(Build("abc1234", WEIR), Build("def5678", WEIR))
    with registered(pair):
        found = Versus(KeepAliveSmall(), pair).run(bench_in(tmp_path, pair.base_name))
    assert found.wrong == {}
    assert found.subjects == ("weir", "weir@abc1234")
    assert ratios(found)["weir@abc1234"].median > 0
