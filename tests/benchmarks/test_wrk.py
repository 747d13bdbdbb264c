"""Tests of wrk's command line and of its figures."""

from __future__ import annotations

import pytest

from benchmarks.wrk import Load, LoadFailed, LoadReport, command, parse
from tests.support.programs import require_program

OUTPUT = """Running 1s test @ http://127.0.0.1:80/
  2 threads and 10 connections
wrk-summary {"requests": 1000, "duration_us": 2000000, "bytes": 90000, "connect": 1, "read": 2, "write": 3, \
"timeout": 4, "status": 5, "p50_us": 1500, "p99_us": 2500, "p999_us": 9000}
"""


def test_figures_are_read_with_their_units() -> None:
    assert parse(OUTPUT) == LoadReport(
        requests=1000,
        seconds=2.0,
        answer_bytes=90000,
        not_2xx=5,
        socket_errors=10,
        p50_ms=1.5,
        p99_ms=2.5,
        p999_ms=9.0,
    )


def test_output_without_figures_is_a_failure_that_says_what_wrk_said() -> None:
    with pytest.raises(LoadFailed, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:80 Connection refused\n")


def test_no_answer_at_all_is_a_failure() -> None:
    with pytest.raises(LoadFailed, match="no request"):
        parse(OUTPUT.replace('"requests": 1000', '"requests": 0'))


def test_every_header_and_the_path_are_in_the_command() -> None:
    require_program("wrk")
    line = command(Load(8080, "/api/x", ["Host: a", "Cookie: b=1; c=2"], 64, 0.3))
    assert line[-1] == "http://127.0.0.1:8080/api/x"
    assert [line[index + 1] for index, each in enumerate(line) if each == "-H"] == ["Host: a", "Cookie: b=1; c=2"]
    # wrk takes whole seconds only, and never none.
    assert line[line.index("-d") + 1] == "1s"
