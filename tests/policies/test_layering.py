"""Of each field the nearest policy counts whose condition holds."""

from __future__ import annotations

from config.resources.traffic_policy import TrafficPolicySpec
from config.snapshot import TrafficLayer
from policies.environment import Environment
from policies.layering import steps_of
from policies.policy import AnyPolicy, Policy
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Ask, Denial, Verdict
from tests.support.subjects import environment, subject


class Says(Step):
    """Refuses with a status."""

    name = "body"

    def __init__(self, status: int) -> None:
        self.status = status

    def decide(self, subject: Subject) -> Verdict | None:
        return Denial(self.status, "as told")


class Wonders(Step):
    """Asks, and refuses with the answer."""

    name = "body"

    def decide(self, subject: Subject) -> Verdict | None:
        return Ask("what?")

    def resume(self, subject: Subject, answer: object) -> Verdict | None:
        assert isinstance(answer, int)
        return Denial(answer, "as answered")


def says(bound: object, _: Environment) -> Step | None:
    status = getattr(bound, "bytes")  # noqa: B009  a Quantity
    return Wonders() if status == 1 else Says(status) if status else None


BODY: AnyPolicy = Policy("body", "body_bytes", says)


def layer(**spec: object) -> TrafficLayer:
    return TrafficLayer("shop/x", TrafficPolicySpec.model_validate(spec))


def verdict(*layers: TrafficLayer, **tags: str) -> object:
    """The status that a request with `tags` is refused with, None where it goes on."""
    steps = steps_of(layers, (BODY,), environment())
    asking = subject()
    asking.tags = tags
    for step in steps:
        found = step.decide(asking)
        if isinstance(found, Denial):
            return found.status
        if found is not None:
            return found
    return None


def test_policies_that_set_nothing_of_a_field_cost_no_step() -> None:
    assert steps_of((layer(metricTags=["a"]), layer()), (BODY,), environment()) == ()


def test_the_first_that_sets_a_field_hides_those_behind() -> None:
    assert verdict(layer(metricTags=["a"]), layer(bodyBytes="401"), layer(bodyBytes="402")) == 401


def test_a_field_that_asks_for_nothing_still_lifts_the_one_behind() -> None:
    assert verdict(layer(bodyBytes="0"), layer(bodyBytes="402")) is None


def test_a_policy_whose_condition_does_not_hold_is_passed_over() -> None:
    layers = (layer(when="a=1", bodyBytes="401"), layer(when="b=1", bodyBytes="402"), layer(bodyBytes="403"))
    assert verdict(*layers, a="1", b="1") == 401
    assert verdict(*layers, b="1") == 402
    assert verdict(*layers) == 403
    assert verdict(*layers[:2]) is None


def test_a_case_that_waits_is_the_one_that_is_told_the_answer() -> None:
    asked = verdict(layer(when="a=1", bodyBytes="1"), layer(bodyBytes="403"), a="1")
    assert isinstance(asked, Ask)
    assert asked.step is not None
    answered = asked.step.resume(subject(), 418)
    assert isinstance(answered, Denial)
    assert answered.status == 418
