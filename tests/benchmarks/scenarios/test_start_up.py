"""Tests of timed starts, with nginx as the proxy."""

from __future__ import annotations

from pathlib import Path

from benchmarks.origin import Origin
from benchmarks.scenarios.route_sets import prefixes
from benchmarks.scenarios.start_up import start_goals, started
from tests.benchmarks.support import bench_in
from tests.support.programs import require_program


def test_goal_is_about_weir_with_fewer_routes() -> None:
    seconds = {"weir, 1,000 routes": [0.9, 1.2, 0.8], "weir, 10,000 routes": [9.0], "nginx, 1,000 routes": [0.1]}
    (goal,) = start_goals(seconds, "1,000 routes")
    assert (goal.found, goal.met) == (0.9, True)
    assert list(start_goals({}, "1,000 routes")) == []


def test_start_is_timed_until_the_last_route_answers(tmp_path: Path) -> None:
    require_program("nginx")
    bench = bench_in(tmp_path)
    with Origin(tmp_path, bench.cores.load) as origin:
        seconds, peak_kib = started(bench, "nginx", prefixes(30), origin.ports[0], "nginx, 30 routes")
        assert seconds > 0
        assert peak_kib > 1000
        assert (tmp_path / "nginx-30-routes" / "nginx.conf").read_text().count("location /api/") == 30
