"""Maintenance: who is told to come again, and when."""

from __future__ import annotations

import pytest

from config.resources.shaping import Maintenance
from policies.own_answers.maintenance import MaintenanceStep, compile_maintenance
from tests.support.subjects import environment, subject


def step(**fields: object) -> MaintenanceStep:
    return compile_maintenance(Maintenance.model_validate(fields), environment())


def test_the_default_is_503_in_a_minute() -> None:
    answer = step().decide(subject())
    assert answer is not None
    assert (answer.status, answer.lines, answer.body) == (503, (b"retry-after: 60\r\n",), b"")


@pytest.mark.parametrize(("duration", "seconds"), [("1500ms", 2), ("30m", 1800), ("0s", 0)])
def test_retry_after_is_in_whole_seconds_rounded_up(duration: str, seconds: int) -> None:
    answer = step(retryAfter=duration, response={"status": 200, "body": "soon"}).decide(subject())
    assert answer is not None
    assert answer.lines[-1] == b"retry-after: %d\r\n" % seconds


def test_those_of_its_condition_are_let_through() -> None:
    found, asked = step(exceptWhen="staff=yes"), subject()
    assert found.decide(asked) is not None
    asked.tags["staff"] = "yes"
    assert found.decide(asked) is None
