"""Files of keys: read when they change, and what was good stays when they turn bad."""

from __future__ import annotations

import gc
import os
from collections import Counter
from pathlib import Path

import pytest

from gateway.access.events import AccessEvent
from gateway.access.watched_file import WatchedFile, WatchedFiles
from gateway.runtime import Runtime

LATER_S = 4e9
"""A unix time at which any file has been left alone for long."""


def parse(text: bytes) -> str:
    """Text that begins with `ok`."""
    if not text.startswith(b"ok"):
        raise ValueError("no ok")
    return text.decode()


def watched(path: Path, events: Counter[AccessEvent], limit_bytes: int = 2048) -> WatchedFile[str]:
    return WatchedFile(path, parse, limit_bytes, lambda event: events.update([event]))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_bytes(b"ok 1")
    return path


def replace(path: Path, text: bytes) -> None:
    """As editors and Kubernetes do: another file by the same name."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(text)
    fresh.replace(path)


def test_a_file_is_read_once_while_it_stays(file: Path, events: Counter[AccessEvent]) -> None:
    keys = watched(file, events)
    assert keys.current is None
    for _ in range(3):
        keys.look(LATER_S)
    assert (keys.current, keys.problem) == ("ok 1", "")
    assert events == {AccessEvent.FILE_READ: 1}


def test_a_file_that_takes_its_place_is_read(file: Path, events: Counter[AccessEvent]) -> None:
    keys = watched(file, events)
    keys.look(LATER_S)
    replace(file, b"ok 2")
    keys.look(LATER_S)
    assert keys.current == "ok 2"


def test_a_file_that_is_written_over_is_read(file: Path, events: Counter[AccessEvent]) -> None:
    keys = watched(file, events)
    keys.look(LATER_S)
    file.write_bytes(b"ok 22")
    keys.look(LATER_S)
    assert keys.current == "ok 22"


def test_a_link_to_another_file_is_followed(tmp_path: Path, file: Path, events: Counter[AccessEvent]) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    keys = watched(link, events)
    keys.look(LATER_S)
    other = tmp_path / "other"
    other.write_bytes(b"ok 3")
    link.unlink()
    link.symlink_to(other)
    keys.look(LATER_S)
    assert keys.current == "ok 3"


def test_a_change_that_leaves_no_sign_is_seen_if_the_file_was_new(file: Path, events: Counter[AccessEvent]) -> None:
    keys = watched(file, events)
    status = file.stat()
    keys.look(status.st_mtime + 0.5)
    with file.open("r+b") as opened:
        opened.write(b"ok 2")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    keys.look(status.st_mtime + 0.6)
    assert keys.current == "ok 2"


def test_a_new_file_is_read_again_but_counts_once(file: Path, events: Counter[AccessEvent]) -> None:
    keys = watched(file, events)
    for _ in range(3):
        keys.look(file.stat().st_mtime)
    assert events == {AccessEvent.FILE_READ: 1}


@pytest.mark.parametrize("text", [b"bad", b"ok" + b"x" * 2047])
def test_what_was_good_stays_while_the_file_is_bad(file: Path, events: Counter[AccessEvent], text: bytes) -> None:
    keys = watched(file, events)
    keys.look(LATER_S)
    replace(file, text)
    for _ in range(3):
        keys.look(LATER_S)
    assert keys.current == "ok 1"
    assert keys.problem in ("no ok", "more than 2 KiB")
    assert events == {AccessEvent.FILE_READ: 1, AccessEvent.FILE_REFUSED: 1}
    replace(file, b"ok 1")
    keys.look(LATER_S)
    assert (keys.current, keys.problem) == ("ok 1", "")


def test_what_was_good_stays_while_the_file_is_away(file: Path, events: Counter[AccessEvent]) -> None:
    keys = watched(file, events)
    keys.look(LATER_S)
    away = file.with_suffix(".away")
    file.rename(away)
    for _ in range(3):
        keys.look(LATER_S)
    assert (keys.current, keys.problem) == ("ok 1", "No such file or directory")
    assert events[AccessEvent.FILE_REFUSED] == 1
    away.rename(file)
    keys.look(LATER_S)
    assert (keys.current, keys.problem) == ("ok 1", "")


def test_a_file_that_never_was_gives_nothing(tmp_path: Path, events: Counter[AccessEvent]) -> None:
    keys = watched(tmp_path / "none", events)
    keys.look(LATER_S)
    assert keys.current is None and keys.problem == "No such file or directory"


def test_what_is_no_file_is_refused_and_nobody_waits_for_it(tmp_path: Path, events: Counter[AccessEvent]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, problem in ((pipe, "not a regular file"), (tmp_path, "Is a directory")):
        keys = watched(path, events)
        keys.look(LATER_S)
        assert keys.current is None
        assert keys.problem in (problem, "not a regular file")


async def test_the_same_file_is_one_for_as_long_as_somebody_has_it(
    file: Path, runtime: Runtime, events: Counter[AccessEvent]
) -> None:
    files = WatchedFiles(parse, 2048, runtime, lambda event: events.update([event]))
    first = files.get(file)
    assert files.get(file) is first and first.current == "ok 1"
    assert files.all() == [first]
    assert events == {AccessEvent.FILE_READ: 1}
    del first
    gc.collect()
    assert files.all() == []
