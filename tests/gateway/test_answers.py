"""Questions of policies find who answers them."""

from __future__ import annotations

import pytest

from gateway.answers import Answers


class Who:
    """A question."""


async def test_a_question_goes_to_the_handler_of_its_type() -> None:
    async def handler(question: object) -> object:
        return question

    who = Who()
    assert await Answers({Who: handler}).answer(who) is who


async def test_a_question_that_nobody_knows_is_a_defect() -> None:
    with pytest.raises(KeyError):
        await Answers({}).answer(Who())
