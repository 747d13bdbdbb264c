"""Policies followed for an explanation."""

from __future__ import annotations

import pytest

from gateway.policy_trace import GOES_ON, trace
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Answer, Ask, Delay, Denial, Verdict
from tests.support.subjects import subject


class Says(Step):
    """Says one thing."""

    def __init__(self, name: str, verdict: Verdict | None) -> None:
        self.name = name
        self._verdict = verdict

    def decide(self, subject: Subject) -> Verdict | None:
        subject.tags[self.name] = "asked"
        return self._verdict


def test_all_are_asked_where_all_let_it_go_on() -> None:
    asking = subject()
    traced = trace([Says("a", None), Says("b", Delay(0.5))], asking)
    assert traced.verdict is None
    assert [(said.policy, said.said) for said in traced.said] == [("a", GOES_ON), ("b", "holds it up for 0.5 s")]
    assert asking.tags == {"a": "asked", "b": "asked"}


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Denial(403, "not from there"), "refuses it with 403: not from there"),
        (Answer(200), "answers it with 200"),
        (Ask("who?"), "must know more than the request says (str)"),
    ],
)
def test_the_first_that_says_otherwise_ends_it(verdict: Verdict, words: str) -> None:
    asking = subject()
    traced = trace([Says("a", verdict), Says("b", None)], asking)
    assert traced.verdict is verdict
    assert [(said.policy, said.said) for said in traced.said] == [("a", words)]
    assert asking.tags == {"a": "asked"}
