"""Requests held up on purpose."""

from __future__ import annotations

import random

import pytest

from config.resources.shaping import Fault
from policies.faults.delay import compile_delay
from policies.step import Step
from policies.verdict import Delay
from tests.support.subjects import environment, subject


def step(**fields: object) -> Step | None:
    return compile_delay(Fault.model_validate(fields), environment())


def test_a_request_is_held_up_for_the_time_that_is_set() -> None:
    found = step(delay={"duration": "250ms"})
    assert found is not None
    verdict = found.decide(subject(draw=lambda: 0.999))
    assert isinstance(verdict, Delay)
    assert verdict.seconds == 0.25


def test_the_share_is_that_of_the_percent() -> None:
    found, draw = step(delay={"duration": "1s", "percent": 12.5}), random.Random(1).random
    assert found is not None
    held = sum(found.decide(subject(draw=draw)) is not None for _ in range(4000))
    assert held == pytest.approx(500, abs=65), "three standard deviations of a binomial"


@pytest.mark.parametrize(
    "fields", [{}, {"abort": {}}, {"delay": {"duration": "0s"}}, {"delay": {"duration": "1s", "percent": 0.0}}]
)
def test_what_delays_nothing_is_no_step(fields: dict[str, object]) -> None:
    assert step(**fields) is None


def test_only_requests_of_its_condition_are_held_up() -> None:
    found = step(delay={"duration": "1s"}, when="chaos=on")
    assert found is not None
    asked = subject()
    assert found.decide(asked) is None
    asked.tags["chaos"] = "on"
    assert found.decide(asked) is not None
