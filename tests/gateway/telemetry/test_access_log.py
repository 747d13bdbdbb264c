"""Tests of the access log on real files."""

from __future__ import annotations

import os
import random
from pathlib import Path

import orjson

from gateway.hot.ledger import Ledger
from gateway.telemetry import metrics
from gateway.telemetry.access_log import FIELDS, AccessEntry, AccessLog


def entry(path: str = "/") -> AccessEntry:
    return AccessEntry(unix_s=0.5, listener="l", status=200, client="10.0.0.1", error="", detail="", path=path)


def log_to(path: Path | str, ledger: Ledger, *, fields: tuple[str, ...] = (), sample: float = 1.0) -> AccessLog:
    return AccessLog(str(path), fields, sample, 100, ledger, random.Random(1))


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


def test_a_reader_that_hangs_never_blocks_and_drops_are_counted(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    ledger = Ledger.private()
    log = log_to(tmp_path / "pipe", ledger)
    for _ in range(5000):
        log.record(entry("x" * 1000))
    assert ledger.value(metrics.ACCESS_LOG_DROPPED) > 0
    os.close(reader)
    log.close()


def test_failures_are_written_whatever_the_sample(tmp_path: Path) -> None:
    log = log_to(tmp_path / "log", Ledger.private(), sample=0.0)
    assert log.wants(503)
    assert not log.wants(200)
    log.close()
    assert not AccessLog.off().wants(503)
