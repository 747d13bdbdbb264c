"""Tests of what a result says about where it was found."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from benchmarks.machine import commit, processor_name, this_machine
from benchmarks.placement import Cores


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def test_commit_is_marked_where_tracked_files_differ(tmp_path: Path) -> None:
    git(tmp_path, "init")
    file = tmp_path / "a"
    file.write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-m", "one")
    clean = commit(tmp_path)
    assert len(clean) >= 7
    (tmp_path / "untracked").write_text("x")
    assert commit(tmp_path) == clean
    file.write_text("2")
    assert commit(tmp_path) == f"{clean}+"


def test_commit_outside_of_git_is_unknown(tmp_path: Path) -> None:
    assert commit(tmp_path) == "unknown"


def test_processor_has_its_name_or_that_of_the_architecture() -> None:
    assert processor_name("processor\t: 0\nmodel name\t: Quick (R) 9: x\n") == "Quick (R) 9: x"
    assert processor_name("processor\t: 0\n") == platform.machine()


def test_machine_is_this_one() -> None:
    found = this_machine(Cores(frozenset((0,)), frozenset((1, 2))))
    assert (found.cores, found.kernel) == (os.cpu_count(), platform.release())
    assert found.load_cores == (1, 2)
    assert found.memory_mib > 100
