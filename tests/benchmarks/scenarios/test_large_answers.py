"""Tests of the check of large answers, and of costs per byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from benchmarks.answer_check import WrongAnswer
from benchmarks.placement import Cores
from benchmarks.results import Measure
from benchmarks.scenarios.body_origin import body_origin, bytes_of
from benchmarks.scenarios.large_answers import Fetch, per_gb
from tests.benchmarks.test_results import series
from tests.support.programs import require_program


def test_cost_is_per_ten_to_the_ninth_bytes() -> None:
    found = [
        series("weir", 500.0, measure=Measure.CPU_US),
        series("weir", 1.0, measure=Measure.BUSY),
        series("weir", 7.0, measure=Measure.REQUESTS),
    ]
    cost, busy = per_gb(found, 1_000_000)
    assert (cost.measure, cost.values) == (Measure.CPU_S_PER_GB, (0.5,))
    assert busy.measure is Measure.BUSY


def test_other_bytes_of_the_same_length_are_wrong(tmp_path: Path) -> None:
    require_program("nginx")
    body = bytes_of(300_000)
    with body_origin(tmp_path, Cores.of_this_process(), large=body) as origin:
        Fetch(len(body), hashlib.sha256(body).hexdigest(), 1).check(origin.ports[0])
        with pytest.raises(WrongAnswer, match="other bytes"):
            Fetch(len(body), hashlib.sha256(body[::-1]).hexdigest(), 1).check(origin.ports[0])
