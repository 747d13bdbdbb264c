"""Requests refused on purpose."""

from __future__ import annotations

import pytest

from config.resources.shaping import Fault
from policies.faults.abort import compile_abort
from policies.step import Step
from policies.verdict import Answer, Denial
from tests.support.subjects import environment, subject


def step(**fields: object) -> Step | None:
    return compile_abort(Fault.model_validate(fields), environment())


@pytest.mark.parametrize(("status", "kind"), [(200, Answer), (399, Answer), (400, Denial), (503, Denial)])
def test_a_status_from_400_on_is_an_error_and_another_an_answer(status: int, kind: type[Answer | Denial]) -> None:
    found = step(abort={"status": status})
    assert found is not None
    verdict = found.decide(subject())
    assert type(verdict) is kind
    assert verdict.status == status


@pytest.mark.parametrize(("percent", "draw", "ends"), [(50.0, 0.499, True), (50.0, 0.5, False), (100.0, 0.999, True)])
def test_the_draw_decides(percent: float, draw: float, *, ends: bool) -> None:
    found = step(abort={"percent": percent})
    assert found is not None
    assert (found.decide(subject(draw=lambda: draw)) is not None) is ends


@pytest.mark.parametrize("fields", [{}, {"delay": {"duration": "1s"}}, {"abort": {"percent": 0.0}}])
def test_what_aborts_nothing_is_no_step(fields: dict[str, object]) -> None:
    assert step(**fields) is None


def test_only_requests_of_its_condition_are_refused() -> None:
    found = step(abort={}, when="chaos=on")
    assert found is not None
    asked = subject()
    assert found.decide(asked) is None
    asked.tags["chaos"] = "on"
    assert found.decide(asked) is not None
