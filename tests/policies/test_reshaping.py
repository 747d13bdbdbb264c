"""Whose change of a body counts."""

from __future__ import annotations

from policies.reshaping import AnswerHead, BodyChange, body_change
from policies.subject import Subject
from tests.support.heads import answer
from tests.support.subjects import subject


class Changes:
    """A reshaper of answers with `status`."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.change = BodyChange()

    def reshape(self, subject: Subject, answer: AnswerHead) -> BodyChange | None:
        del subject
        return self.change if answer.status == self.status else None


def test_the_first_that_has_a_change_counts() -> None:
    asked, policies = subject(), [Changes(404), Changes(503), Changes(503)]
    asked.reshapers += policies
    assert body_change(asked, answer(status=503)) is policies[1].change
    assert body_change(asked, answer(status=200)) is None


def test_a_change_keeps_nothing_and_knows_no_length_unless_it_says_so() -> None:
    change = BodyChange()
    assert (change.length, change.ends_early, change.flush()) == (-1, False, b"")
