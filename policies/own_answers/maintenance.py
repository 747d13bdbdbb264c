"""Maintenance: all but a few are told to come again later."""

from __future__ import annotations

import math

from config.resources.shaping import Maintenance
from policies.environment import Condition, Environment
from policies.own_answers.content import answer_of
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Answer


class MaintenanceStep(Step):
    """Answers with what `spec` says and a `Retry-After` in whole seconds, rounded up (RFC 9110 10.2.3).

    Requests for which `let_through` holds go on; None lets nobody through.
    """

    name = "maintenance"
    __slots__ = ("_answer", "_let_through")

    def __init__(self, spec: Maintenance, let_through: Condition | None) -> None:
        again = b"retry-after: %d\r\n" % math.ceil(spec.retry_after.seconds)
        self._answer = answer_of(spec.response, (again,))
        self._let_through = let_through

    def decide(self, subject: Subject) -> Answer | None:
        if self._let_through is not None and self._let_through.holds(subject):
            return None
        return self._answer


def compile_maintenance(spec: Maintenance, environment: Environment) -> MaintenanceStep:
    """Answers in the place of the backend while it is being worked on."""
    return MaintenanceStep(spec, environment.condition(spec.except_when) if spec.except_when else None)
