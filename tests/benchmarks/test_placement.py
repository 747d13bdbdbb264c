"""Tests of the split of cores."""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.placement import Cores, pinned


def test_proxy_has_a_core_of_its_own() -> None:
    cores = Cores.of(frozenset((2, 3, 5)))
    assert cores == Cores(frozenset((2,)), frozenset((3, 5)))
    assert not cores.shared


def test_one_core_is_shared_and_says_so() -> None:
    cores = Cores.of(frozenset((0,)))
    assert cores == Cores(frozenset((0,)), frozenset((0,)))
    assert cores.shared


def test_child_stays_where_it_was_started_and_the_parent_does_not() -> None:
    before = os.sched_getaffinity(0)
    core = frozenset((max(before),))
    with pinned(core):
        command = [sys.executable, "-c", "import os; print(*os.sched_getaffinity(0))"]
        started = subprocess.run(command, capture_output=True, text=True, check=True)
    assert started.stdout.split() == [str(max(before))]
    assert os.sched_getaffinity(0) == before
