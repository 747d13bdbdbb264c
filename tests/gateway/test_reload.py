"""Tests of how sets of configuration are judged, put in force and kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.resources.weir import WeirSpec
from config.snapshot import Snapshot
from config.sources.text import SourceText
from gateway.reload import Rejected, Reloader, kept
from tests.support.supervised import OneFile, TinyLoad


class Process:
    def __init__(self) -> None:
        self.applied: list[Snapshot] = []
        self.refusal = ""

    def apply(self, snapshot: Snapshot) -> None:
        if self.refusal:
            raise Rejected(self.refusal)
        self.applied.append(snapshot)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "ports"
    file.write_text("80")
    return file


def write(file: Path, text: str) -> None:
    file.write_text(text)


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def reloader(file: Path, process: Process, state_folder: Path | None = None) -> Reloader:
    return Reloader([OneFile(file)], TinyLoad(WeirSpec()), process.apply, state_folder=state_folder)


async def test_each_change_is_a_generation_and_an_equal_set_is_none(file: Path) -> None:
    process = Process()
    reload = reloader(file, process)
    assert await reload.start()
    assert await reload.reload()
    write(file, "81")
    assert await reload.reload()
    assert [snapshot.generation for snapshot in process.applied] == [1, 2]
    assert reload.results == {"applied": 2, "unchanged": 1, "rejected": 0}


async def test_a_broken_set_leaves_the_last_good_one_and_says_what_is_wrong(file: Path) -> None:
    process = Process()
    reload = reloader(file, process)
    await reload.start()
    write(file, "broken")
    assert not await reload.reload()
    assert reload.snapshot is process.applied[0]
    assert (reload.last_ok, [problem.message for problem in reload.problems]) == (False, ["it is broken"])


async def test_a_set_that_the_process_cannot_carry_out_is_rejected_whole(file: Path) -> None:
    process = Process()
    reload = reloader(file, process)
    await reload.start()
    write(file, "81")
    process.refusal = "the port is taken"
    assert not await reload.reload()
    assert reload.snapshot is process.applied[0]
    assert [problem.message for problem in reload.problems] == ["the port is taken"]


async def test_a_start_with_a_broken_set_uses_the_kept_one(file: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert await reloader(file, Process(), state).start()
    assert kept(state) == (SourceText(str(file), b"80"),)
    assert mode(state / "last-good.json") == 0o600
    write(file, "broken")
    process = Process()
    reload = reloader(file, process, state)
    assert await reload.start()
    assert (process.applied[0].digest, reload.from_kept, reload.last_ok) == ("80", True, False)


async def test_a_start_with_a_broken_set_and_nothing_kept_fails(file: Path, tmp_path: Path) -> None:
    write(file, "broken")
    assert not await reloader(file, Process(), tmp_path / "state").start()
