"""Tests of interleaved rounds, with nginx as the proxy, and of what becomes of one that answers wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench import Bench, Effort
from benchmarks.comparison import Record, Traffic, compare, series_of, wrong_of
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.placement import Cores
from benchmarks.procfs import CpuTime
from benchmarks.results import Measure
from benchmarks.wrk import LoadReport
from tests.support.programs import require_program

TINY = Effort(rounds=2, seconds=1, warm_up_seconds=1, changes=2, idle_connections=(20,), routes=40, reloads=1)


class Steps:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.expected = 0

    def step(self, text: str) -> None:
        self.seen.append(text)

    def expect(self, steps: int) -> None:
        self.expected = steps


def test_round_gives_figures_per_request_in_their_units() -> None:
    record = Record()
    load = LoadReport(
        requests=1000, seconds=0.5, answer_bytes=1, not_2xx=0, socket_errors=0, p50_ms=1, p99_ms=2, p999_ms=3
    )
    record.round(load, CpuTime(total_ns=20_000_000, user_ticks=1, system_ticks=3), peak_memory_kib=2048)
    assert record.values == {
        Measure.CPU_US: [20.0],
        Measure.USER_US: [5.0],
        Measure.REQUESTS: [2000.0],
        Measure.BUSY: [0.04],
        Measure.P50_MS: [1],
        Measure.P99_MS: [2],
        Measure.P999_MS: [3],
        Measure.PEAK_MIB: [2.0],
    }


@pytest.mark.slow
def test_rounds_are_interleaved_and_a_liar_is_left_out(tmp_path: Path) -> None:
    require_program("nginx")
    require_program("wrk")
    steps = Steps()
    right = Traffic("/api/x", {"Cookie": "a=b"}, Answer(200, Origin.small_body(0)))
    bench = Bench(tmp_path / "right", Cores.of_this_process(), TINY, ("nginx",), steps)
    bench.folder.mkdir()
    records = compare(bench, right, ("nginx",))
    assert steps.seen == [
        "nginx starts",
        "nginx is checked",
        "nginx warms up",
        "nginx round 1",
        "nginx round 2",
        "nginx is checked again",
    ]
    assert steps.expected == len(steps.seen)
    assert wrong_of(records) == {}
    (cpu,) = (each for each in series_of(records) if each.measure is Measure.CPU_US)
    assert len(cpu.values) == 2
    assert min(cpu.values) > 0

    # No route: nginx answers 404, as a proxy that fails would.
    wrong = Traffic("/elsewhere", {}, Answer(200, Origin.small_body(0)))
    bench = Bench(tmp_path / "wrong", Cores.of_this_process(), TINY, ("nginx",), steps)
    bench.folder.mkdir()
    records = compare(bench, wrong, ("nginx",))
    assert series_of(records) == ()
    assert "404" in wrong_of(records)["nginx"][0]
