"""Tests of the check that all endpoints answer, and of the labels of their numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.answer_check import WrongAnswer
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.placement import Cores
from benchmarks.scenarios.endpoints import AnyEndpoint, check_met, labelled
from tests.support.programs import require_program


def answers(*endpoints: int, status: int = 200) -> list[Answer]:
    return [Answer(status, Origin.small_body(each)) for each in endpoints]


def test_greatest_number_is_the_proxys_own_row() -> None:
    assert labelled([1, 10, 1000]) == {"1 endpoint": 1, "10 endpoints": 10, "": 1000}


def test_every_endpoint_must_be_met() -> None:
    check_met(answers(0, 1, 2, 0, 1, 2), 3)
    with pytest.raises(WrongAnswer, match="only 2 of 3"):
        check_met(answers(0, 1, 0, 1, 0, 1), 3)


def test_answer_of_another_endpoint_or_status_is_wrong() -> None:
    with pytest.raises(WrongAnswer, match="0003"):
        check_met(answers(0, 1, 2, 3), 3)
    with pytest.raises(WrongAnswer, match="502"):
        check_met(answers(0, status=502), 1)


def test_endpoint_alone_answers_rightly_for_itself(tmp_path: Path) -> None:
    require_program("nginx")
    with Origin(tmp_path, Cores.of_this_process().load, endpoints=2) as origin:
        AnyEndpoint(1).check(origin.ports[0])
        with pytest.raises(WrongAnswer, match="only 1 of 2"):
            AnyEndpoint(2).check(origin.ports[1])
