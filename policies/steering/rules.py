"""Steering by rule: the first that has not ended and whose condition holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from config.resources.scalars import place
from config.resources.traffic_policy import Steering
from policies.environment import Condition, Environment
from policies.steering.steered import Steered
from policies.step import Step
from policies.subject import Subject


class Rule(NamedTuple):
    """One entry of `steering`; from unix time `ends_s` on it is as if it were not there."""

    condition: Condition
    ends_s: float
    steered: Steered


class SteeringStep(Step):
    """Steers what no header has steered before."""

    __slots__ = ("_rules",)
    name = "steering"

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)

    def decide(self, subject: Subject) -> None:
        if subject.steered is not None:
            return
        for rule in self._rules:
            if subject.now_s < rule.ends_s and rule.condition.holds(subject):
                subject.steered = rule.steered
                return


def compile_steering(rules: tuple[Steering, ...], environment: Environment) -> SteeringStep | None:
    """Sends requests to a backend, an endpoint, or endpoints with a tag, in the place of the route's, for a time."""
    return SteeringStep([_rule(spec, environment) for spec in rules]) if rules else None


def _rule(spec: Steering, environment: Environment) -> Rule:
    steered = Steered(
        spec.name,
        environment.steering[spec.name] if spec.backend_ref is not None else None,
        place(spec.endpoint) if spec.endpoint is not None else "",
        dict(spec.tags),
        spec.until or "",
    )
    return Rule(environment.condition(spec.when), spec.ends_s, steered)
