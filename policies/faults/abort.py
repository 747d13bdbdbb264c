"""A share of requests refused on purpose."""

from __future__ import annotations

from config.resources.shaping import Fault
from policies.environment import Condition, Environment
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Answer, Denial

FIRST_ERROR = 400


class FaultAbortStep(Step):
    """Ends a `share` (0..1) of the requests for which `condition` holds, None for all, with `status`."""

    name = "fault.abort"
    __slots__ = ("_condition", "_share", "_status")

    def __init__(self, status: int, share: float, condition: Condition | None) -> None:
        self._status = status
        self._share = share
        self._condition = condition

    def decide(self, subject: Subject) -> Denial | Answer | None:
        """A Denial where the status is that of an error, else an empty Answer."""
        if self._condition is not None and not self._condition.holds(subject):
            return None
        if subject.draw() >= self._share:
            return None
        if self._status < FIRST_ERROR:
            return Answer(self._status)
        return Denial(self._status, "a fault made on purpose")


def compile_abort(fault: Fault, environment: Environment) -> FaultAbortStep | None:
    """Ends some requests with a status, to try out what their clients do then."""
    abort = fault.abort
    if abort is None or not abort.percent:
        return None
    condition = environment.condition(fault.when) if fault.when else None
    return FaultAbortStep(abort.status, abort.percent / 100.0, condition)
