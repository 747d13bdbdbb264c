"""A share of requests held up on purpose."""

from __future__ import annotations

from config.resources.shaping import Fault
from policies.environment import Condition, Environment
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Delay


class FaultDelayStep(Step):
    """Holds up a `share` (0..1) of the requests for which `condition` holds, None for all, by `delay_s` seconds."""

    name = "fault.delay"
    __slots__ = ("_condition", "_delay_s", "_share")

    def __init__(self, delay_s: float, share: float, condition: Condition | None) -> None:
        self._delay_s = delay_s
        self._share = share
        self._condition = condition

    def decide(self, subject: Subject) -> Delay | None:
        if self._condition is not None and not self._condition.holds(subject):
            return None
        return Delay(self._delay_s) if subject.draw() < self._share else None


def compile_delay(fault: Fault, environment: Environment) -> FaultDelayStep | None:
    """Holds some requests up, to try out what their clients do then."""
    delay = fault.delay
    if delay is None or not delay.percent or not delay.duration.seconds:
        return None
    condition = environment.condition(fault.when) if fault.when else None
    return FaultDelayStep(delay.duration.seconds, delay.percent / 100.0, condition)
