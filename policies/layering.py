"""From the layers of a rule to its steps: of each field the nearest policy counts whose `when` holds.

Fields are taken one by one, so that a route that sets retries keeps the access list of its namespace. A field counts
whole: the `access` of a route replaces that of its Gateway, and is not mixed with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from config.snapshot import Layers
from policies.environment import Condition, Environment
from policies.policy import AnyPolicy
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Ask, Verdict


def steps_of(layers: Layers, policies: Sequence[AnyPolicy], environment: Environment) -> tuple[Step, ...]:
    """The steps of a rule with `layers` (the first counts), in the order of `policies`; () costs a request nothing."""
    steps = (_step_of(layers, policy, environment) for policy in policies)
    return tuple(step for step in steps if step is not None)


def _step_of(layers: Layers, policy: AnyPolicy, environment: Environment) -> Step | None:
    cases: list[tuple[Condition | None, Step | None]] = []
    for layer in layers:
        if not policy.is_set(layer.spec):
            continue
        when = layer.spec.when
        own = replace(
            environment,
            policy=layer.policy,
            secrets=layer.secrets,
            steering=layer.steering,
            authorizer=layer.authorizer,
        )
        cases.append((environment.condition(when) if when else None, policy.step(layer.spec, own)))
        if when is None:
            break
    if all(step is None for _, step in cases):
        return None
    if cases[0][0] is None:
        return cases[0][1]
    return Cases(policy.name, cases)


class Cases(Step):
    """A field that policies with a `when` set: the first case counts whose condition holds, None holds always."""

    __slots__ = ("_cases", "name")

    def __init__(self, name: str, cases: Sequence[tuple[Condition | None, Step | None]]) -> None:
        self.name = name
        self._cases = tuple(cases)

    def decide(self, subject: Subject) -> Verdict | None:
        """By the case that counts, as it stands after the steps before."""
        for condition, step in self._cases:
            if condition is None or condition.holds(subject):
                return _asked_by(step, step.decide(subject)) if step is not None else None
        return None


def _asked_by(step: Step, verdict: Verdict | None) -> Verdict | None:
    """`verdict`, which knows of `step` where that waits for an answer."""
    if isinstance(verdict, Ask) and verdict.step is None:
        verdict.step = step
    return verdict
