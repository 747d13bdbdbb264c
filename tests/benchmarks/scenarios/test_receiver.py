"""Tests of taking large answers, from the real origin."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.answer_check import WrongAnswer
from benchmarks.origin import PAGE_BYTES, PAGE_PATH, SMALL_BYTES, Origin
from benchmarks.placement import Cores
from benchmarks.scenarios.receiver import receive_for
from tests.support.programs import require_program

REQUEST = b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n"


def test_answers_are_taken_whole_and_counted(tmp_path: Path) -> None:
    require_program("nginx")
    request = REQUEST % PAGE_PATH.encode()
    with Origin(tmp_path, Cores.of_this_process().load) as origin:
        # The time is over before the first answer: each connection takes one.
        report = receive_for(origin.ports[0], request, PAGE_BYTES, connections=3, duration_s=0)
        assert (report.requests, report.answer_bytes) == (3, 3 * PAGE_BYTES)
        # Answers after the first of a connection begin where the one before ended.
        assert receive_for(origin.ports[0], request, PAGE_BYTES, connections=1, duration_s=0.1).requests > 1


def test_answer_of_another_length_or_status_is_wrong(tmp_path: Path) -> None:
    require_program("nginx")
    with Origin(tmp_path, Cores.of_this_process().load, locations="location /gone { return 404 ok; }") as origin:
        with pytest.raises(WrongAnswer, match=f"content-length: {SMALL_BYTES}"):
            receive_for(origin.ports[0], REQUEST % b"/", PAGE_BYTES, connections=1, duration_s=0)
        with pytest.raises(WrongAnswer, match="404"):
            receive_for(origin.ports[0], REQUEST % b"/gone", 2, connections=1, duration_s=0)
