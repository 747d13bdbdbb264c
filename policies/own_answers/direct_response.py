"""One answer for all requests of a route."""

from __future__ import annotations

from config.resources.backend_policy import DirectResponse
from policies.environment import Environment
from policies.own_answers.content import answer_of
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Answer


class DirectResponseStep(Step):
    """Answers every request that comes so far with `response`."""

    name = "directResponse"
    __slots__ = ("_answer",)

    def __init__(self, response: DirectResponse) -> None:
        self._answer = answer_of(response)

    def decide(self, subject: Subject) -> Answer:
        del subject
        return self._answer


def compile_direct_response(response: DirectResponse, _: Environment) -> DirectResponseStep:
    """Answers in the place of any backend."""
    return DirectResponseStep(response)
