"""Which bodies are taken whole."""

from __future__ import annotations

import pytest

from config.resources.scalars import Quantity
from config.resources.shaping import Buffering
from policies.buffering.step import BodyRoom, BufferingStep, compile_buffering
from policies.verdict import Denial
from tests.support.subjects import environment, subject


def step() -> BufferingStep:
    return compile_buffering(Buffering(max_bytes=Quantity("100"), memory_bytes=Quantity("10")), environment())


@pytest.mark.parametrize("line", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_body_has_room(line: str) -> None:
    asked = subject(line, method="POST")
    assert step().decide(asked) is None
    assert asked.body_room is not None
    assert (asked.body_room.max_bytes, asked.body_room.memory_bytes) == (100, 10)


def test_a_request_without_a_body_goes_on() -> None:
    asked = subject()
    assert step().decide(asked) is None
    assert asked.body_room is None


def test_a_body_that_is_announced_too_long_is_413() -> None:
    verdict = step().decide(subject("Content-Length: 101", method="POST"))
    assert isinstance(verdict, Denial)
    assert verdict.status == 413


def test_a_body_that_comes_too_long_is_413() -> None:
    room = BodyRoom(100, 10)
    assert room.refusal(100) is None
    denial = room.refusal(101)
    assert denial is not None
    assert denial.status == 413
