"""Tests of reading the kernel's figures, on its text and on real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from benchmarks.procfs import (
    CpuTime,
    ProcessEnded,
    anonymous_memory_kib,
    cpu_time,
    parse_kib,
    parse_stat,
    peak_memory_kib,
    process_tree,
)

STAT = "4711 (odd) name (x)) S 1 4711 4711 0 -1 4194304 100 200 0 0 1234 567 8 9 20 0 1 0 99 1000 50"


def test_ticks_are_found_behind_a_name_with_brackets() -> None:
    assert parse_stat(STAT) == (1234, 567)


def test_figure_in_kib_is_found_by_its_whole_name() -> None:
    assert parse_kib("VmHWMother:\t1 kB\nVmHWM:\t   5120 kB\nVmRSS:\t 4096 kB\n", "VmHWM") == 5120


def test_missing_figure_is_an_error() -> None:
    with pytest.raises(LookupError, match="VmHWM"):
        parse_kib("VmRSS:\t 4096 kB\n", "VmHWM")


def test_user_share_comes_from_ticks() -> None:
    used = CpuTime(10_000, 30, 70).since(CpuTime(2_000, 10, 10))
    assert used == CpuTime(8_000, 20, 60)
    assert used.user_share == 0.25
    assert CpuTime(5, 0, 0).user_share == 0.0


def test_cpu_time_counts_own_work_and_that_of_threads_which_ended() -> None:
    before = cpu_time([os.getpid()])
    own_before_ns = time.process_time_ns()
    thread = threading.Thread(target=lambda: sum(range(200_000)))
    thread.start()
    thread.join()
    own_ns = time.process_time_ns() - own_before_ns
    assert cpu_time([os.getpid()]).since(before).total_ns >= own_ns > 0


def test_tree_holds_descendants_and_their_time_and_memory_are_summed() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        assert child.stdout.readline() == "1\n"
        tree = process_tree(child.pid)
        assert tree[0] == child.pid
        assert len(tree) == 2
        assert cpu_time(tree).total_ns > cpu_time(tree[:1]).total_ns > 0
        assert peak_memory_kib(tree) > peak_memory_kib(tree[:1]) > 1024
        assert anonymous_memory_kib(tree) > anonymous_memory_kib(tree[:1]) > 100
    finally:
        child.communicate("\n", timeout=20)
    with pytest.raises(ProcessEnded):
        process_tree(child.pid)
    with pytest.raises(ProcessEnded):
        cpu_time(tree)
    with pytest.raises(ProcessEnded):
        peak_memory_kib(tree)
