"""Tests of the access log on real files."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path

import orjson

from gateway.hot.ledger import Ledger
from gateway.telemetry import metrics
from gateway.telemetry.access_line import FIELDS, AccessEntry
from gateway.telemetry.access_log import BATCH_BYTES, FLUSH_S, QUEUED_LINE_BYTES, AccessLog

BOUND = 100


class Later:
    """What a loop's `call_later` would call, to be called by hand."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, delay_s: float, call: Callable[[], None]) -> None:
        self.waiting.append((delay_s, call))


def entry(path: str = "/") -> AccessEntry:
    made = AccessEntry()
    made.unix_s = 0.5
    made.listener = "l"
    made.status = 200
    made.client = "10.0.0.1"
    made.path = path.encode()
    return made


def log_to(
    path: Path | str,
    ledger: Ledger,
    *,
    fields: tuple[str, ...] = (),
    sample: float = 1.0,
    bound: int = BOUND,
    later: Callable[[float, Callable[[], None]], object] | None = None,
) -> AccessLog:
    return AccessLog(str(path), fields, sample, bound, ledger, random.Random(1), later or Later())


def paths_in(lines: bytes) -> list[str]:
    return [orjson.loads(line)["path"] for line in lines.splitlines()]


def test_writes_one_line_of_all_fields_per_entry(tmp_path: Path) -> None:
    log = log_to(tmp_path / "log", Ledger.private())
    log.record(entry("/a"))
    log.record(entry("/b"))
    log.close()
    lines = [orjson.loads(line) for line in (tmp_path / "log").read_bytes().splitlines()]
    assert [line["path"] for line in lines] == ["/a", "/b"]
    assert list(lines[0]) == list(FIELDS)
    assert lines[0]["time"] == "1970-01-01T00:00:00.500+00:00"


def test_writes_the_fields_that_were_asked_for_in_their_order(tmp_path: Path) -> None:
    log = log_to(tmp_path / "log", Ledger.private(), fields=("status", "path"))
    log.record(entry())
    log.close()
    assert (tmp_path / "log").read_bytes() == b'{"status":200,"path":"/"}\n'


def test_goes_on_in_a_new_file_when_reopened(tmp_path: Path) -> None:
    log = log_to(tmp_path / "log", Ledger.private())
    log.record(entry("/before"))
    log.close()
    (tmp_path / "log").rename(tmp_path / "log.1")
    log = log_to(tmp_path / "log", Ledger.private())
    log.reopen()
    log.record(entry("/after"))
    log.close()
    assert b"/before" in (tmp_path / "log.1").read_bytes()
    assert b"/after" in (tmp_path / "log").read_bytes()


def test_a_file_that_takes_nothing_costs_lines_and_counts_them(tmp_path: Path) -> None:
    ledger = Ledger.private()
    log = log_to(tmp_path / "missing" / "log", ledger)
    log.record(entry())
    log.close()
    assert ledger.value(metrics.ACCESS_LOG_UNWRITTEN) == 1


def pipe(path: Path) -> int:
    """The reading side of a new one; it is open for writing too, so that it has no end before the log opens it."""
    os.mkfifo(path)
    return os.open(path, os.O_RDWR)


def test_a_reader_that_hangs_never_blocks_and_drops_are_counted(tmp_path: Path) -> None:
    reader = pipe(tmp_path / "pipe")
    ledger = Ledger.private()
    log = log_to(tmp_path / "pipe", ledger)
    for _ in range(5000):
        log.record(entry("x" * 1000))
    assert ledger.value(metrics.ACCESS_LOG_DROPPED) > 0
    assert ledger.value(metrics.ACCESS_LOG_LINES) + ledger.value(metrics.ACCESS_LOG_DROPPED) == 5000
    os.close(reader)
    log.close()


def test_as_many_lines_wait_as_are_allowed(tmp_path: Path) -> None:
    ledger = Ledger.private()
    log = log_to(tmp_path / "log", ledger)
    for number in range(BOUND + 7):
        log.record(entry(f"/{number}"))
    log.close()
    assert ledger.value(metrics.ACCESS_LOG_LINES) == BOUND
    assert ledger.value(metrics.ACCESS_LOG_DROPPED) == 7
    assert paths_in((tmp_path / "log").read_bytes()) == [f"/{number}" for number in range(BOUND)]


def test_long_lines_that_wait_are_bounded_in_bytes_too(tmp_path: Path) -> None:
    reader = pipe(tmp_path / "pipe")
    ledger = Ledger.private()
    log = log_to(tmp_path / "pipe", ledger)
    for _ in range(BOUND):
        log.record(entry("x" * 10 * QUEUED_LINE_BYTES))
    # The pipe takes a line or two of these.
    assert BOUND / 10 <= ledger.value(metrics.ACCESS_LOG_LINES) <= BOUND / 10 + 2
    os.close(reader)
    log.close()


def test_a_line_longer_than_all_that_may_wait_is_written_alone(tmp_path: Path) -> None:
    log = log_to(tmp_path / "log", Ledger.private(), bound=1)
    log.record(entry("x" * 2 * QUEUED_LINE_BYTES))
    log.close()
    assert paths_in((tmp_path / "log").read_bytes()) == ["x" * 2 * QUEUED_LINE_BYTES]


def test_lines_written_make_room_for_others(tmp_path: Path) -> None:
    reader = pipe(tmp_path / "pipe")
    ledger = Ledger.private()
    later = Later()
    log = log_to(tmp_path / "pipe", ledger, bound=2, later=later)
    for turn in range(5):
        lines = b""
        while not lines:
            # The thread that wrote the last ones may not have said so yet.
            log.record(entry(f"/{turn}"))
            if later.waiting:
                later.waiting.pop()[1]()
                lines = os.read(reader, 65536)
        assert set(paths_in(lines)) == {f"/{turn}"}
    log.close()
    os.close(reader)


def test_batches_are_whole_lines_and_reach_the_file_in_order(tmp_path: Path) -> None:
    reader = pipe(tmp_path / "pipe")
    log = log_to(tmp_path / "pipe", Ledger.private(), bound=10_000)
    paths = [f"/{number}/{'x' * 1000}" for number in range(BATCH_BYTES // 1000 + 1)]
    for path in paths:
        log.record(entry(path))
    # A batch was full, so these lines come though nothing flushed them.
    lines = os.read(reader, 2 * BATCH_BYTES)
    assert lines.endswith(b"\n")
    assert paths_in(lines) == paths[: lines.count(b"\n")]
    log.close()
    os.close(reader)


def test_few_lines_are_written_in_time_by_one_timer(tmp_path: Path) -> None:
    reader = pipe(tmp_path / "pipe")
    later = Later()
    log = log_to(tmp_path / "pipe", Ledger.private(), later=later)
    for turn in ("/a", "/b"):
        log.record(entry(turn))
        log.record(entry(turn))
        ((delay_s, flush),) = later.waiting
        later.waiting.clear()
        assert delay_s == FLUSH_S
        flush()
        assert paths_in(os.read(reader, 65536)) == [turn, turn]
    log.close()
    os.close(reader)


async def test_a_loop_is_enough_to_have_lines_written(tmp_path: Path) -> None:
    reader = pipe(tmp_path / "pipe")
    loop = asyncio.get_running_loop()
    log = log_to(tmp_path / "pipe", Ledger.private(), later=loop.call_later)
    log.record(entry("/a"))
    assert paths_in(await loop.run_in_executor(None, os.read, reader, 65536)) == ["/a"]
    log.close()
    os.close(reader)


def test_what_was_recorded_before_a_rotation_goes_to_the_old_file(tmp_path: Path) -> None:
    log = log_to(tmp_path / "log", Ledger.private())
    log.record(entry("/before"))
    while not (tmp_path / "log").exists():
        os.sched_yield()
    (tmp_path / "log").rename(tmp_path / "log.1")
    log.reopen()
    log.record(entry("/after"))
    log.close()
    assert paths_in((tmp_path / "log.1").read_bytes()) == ["/before"]
    assert paths_in((tmp_path / "log").read_bytes()) == ["/after"]


def test_nothing_is_wanted_once_it_has_ended(tmp_path: Path) -> None:
    log = log_to(tmp_path / "log", Ledger.private())
    log.end()
    assert not log.wants(503)
    log.close()


def test_failures_are_written_whatever_the_sample(tmp_path: Path) -> None:
    log = log_to(tmp_path / "log", Ledger.private(), sample=0.0)
    assert log.wants(503)
    assert not log.wants(200)
    log.close()
    assert not AccessLog.off().wants(503)
