"""The bounds on heads of requests."""

from __future__ import annotations

import pytest

from config.resources.shaping import HeadLimits
from policies.bounds.head_limits import HeadBounds, compile_head_limits
from policies.subject import Subject
from policies.verdict import Denial
from tests.support.subjects import environment, subject


def bounds(**limits: object) -> HeadBounds:
    step = compile_head_limits(HeadLimits.model_validate(limits), environment())
    assert step is not None
    return step


def status(step: HeadBounds, asking: Subject) -> int | None:
    said = step.decide(asking)
    assert said is None or isinstance(said, Denial)
    return None if said is None else said.status


HEAD = b"GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\nX-A: 1\r\n\r\n"


@pytest.mark.parametrize(
    ("limits", "refused"),
    [
        ({"bytes": str(len(HEAD))}, None),
        ({"bytes": str(len(HEAD) - 1)}, 431),
        ({"count": 2}, None),
        ({"count": 1}, 431),
        ({"uriBytes": "6"}, None),
        ({"uriBytes": "5"}, 414),
    ],
)
def test_what_is_over_a_bound_is_refused_and_what_meets_it_is_not(
    limits: dict[str, object], refused: int | None
) -> None:
    assert status(bounds(**limits), subject("X-A: 1", target="/a?b=c")) == refused


def test_the_reason_says_how_large_it_was() -> None:
    said = bounds(count=1).decide(subject("X-A: 1"))
    assert said is not None
    assert said.reason == "2 header lines, 1 are allowed"


def test_no_bound_asks_for_nothing() -> None:
    assert compile_head_limits(HeadLimits(), environment()) is None
