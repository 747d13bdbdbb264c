"""When a request goes out again, in the place of what its route says."""

from __future__ import annotations

from config.resources.traffic_policy import Retry
from policies.environment import Environment
from policies.retry import RetryPlan
from policies.step import Step
from policies.subject import Subject


class Retrying(Step):
    """Sets the plan of further tries."""

    __slots__ = ("_plan",)
    name = "retry"

    def __init__(self, plan: RetryPlan) -> None:
        self._plan = plan

    def decide(self, subject: Subject) -> None:
        subject.retry = self._plan


def compile_retry(spec: Retry, _: Environment) -> Retrying:
    """Sends requests again that failed."""
    return Retrying(RetryPlan.of_policy(spec))
