"""A condition is compiled from its text, or refused as it is when a file is loaded."""

from __future__ import annotations

import pytest

from config.expressions.errors import ExpressionError
from policies.expressions.condition import compile_condition
from policies.expressions.predicates import ERROR
from tests.policies.expressions.subjects import subject


@pytest.mark.parametrize(
    ("text", "is_lowered"),
    [('request.headers["x-beta"] == "1"', True), ('size(request.headers["x-beta"]) == 1', False)],
)
def test_both_kinds_of_conditions_answer_the_same_way(text: str, *, is_lowered: bool) -> None:
    condition = compile_condition(text)
    assert condition.is_lowered is is_lowered
    assert condition.needs == {"request.headers"}
    assert condition.text == text
    assert condition.holds(subject(b"x-beta: 1"))
    assert not condition.holds(subject(b"x-beta: 12"))
    assert not condition.holds(subject())
    assert condition.evaluate(subject()) == ERROR


def test_what_is_not_valid_is_refused() -> None:
    with pytest.raises(ExpressionError, match="no variable"):
        compile_condition("path == 1")
