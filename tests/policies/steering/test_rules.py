"""Steering by rule, for a time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from config.resources.traffic_policy import Steering
from config.snapshot import WeightedBackend
from policies.steering.rules import compile_steering
from policies.steering.steered import Steered
from tests.support.subjects import environment, subject

LEGACY = WeightedBackend("shop/legacy", 1)
END_S = 1_798_740_000.0
RULES = (
    {"name": "host", "when": "debug=1", "endpoint": "[2001:DB8::1]:80", "until": "2026-12-31T18:00:00Z"},
    {"name": "old", "when": "debug=1", "backendRef": {"group": "weir.dev", "kind": "Backend", "name": "legacy"}},
    {"name": "v2", "when": "version=2", "tags": {"version": "v2"}},
)


def steered(now_s: float = END_S - 1, **tags: str) -> Steered | None:
    rules = tuple(Steering.model_validate(rule) for rule in RULES)
    step = compile_steering(rules, replace(environment(), steering={"old": LEGACY}))
    assert step is not None
    asking = subject(now_s=now_s)
    asking.tags = tags
    step.decide(asking)
    return asking.steered


def test_the_first_rule_whose_condition_holds_steers() -> None:
    assert steered(debug="1") == Steered("host", None, "[2001:db8::1]:80", {}, "2026-12-31T18:00:00Z")
    assert steered(version="2") == Steered("v2", None, "", {"version": "v2"})
    assert steered() is None


def test_a_rule_that_has_ended_is_as_if_it_were_not_there() -> None:
    assert steered(END_S, debug="1") == Steered("old", LEGACY, "", {})


def test_what_a_header_has_steered_stays() -> None:
    step = compile_steering((Steering.model_validate(RULES[0]),), environment())
    assert step is not None
    asking = subject()
    asking.tags, asking.steered = {"debug": "1"}, Steered("x-weir-endpoint", None, "10.0.0.1:1", {})
    step.decide(asking)
    assert asking.steered.rule == "x-weir-endpoint"


def test_no_rules_are_no_step() -> None:
    assert compile_steering((), environment()) is None


@pytest.mark.parametrize(
    "rule",
    [
        {"name": "a", "when": "true"},
        {"name": "a", "when": "true", "endpoint": "host:80"},
        {"name": "a", "when": "true", "endpoint": "10.0.0.1:1", "tags": {"a": "b"}},
        {"name": "a", "when": "true", "endpoint": "10.0.0.1:1", "until": "tomorrow"},
        {"name": "a", "endpoint": "10.0.0.1:1"},
    ],
)
def test_what_steers_nowhere_or_for_no_time_is_refused_when_it_is_loaded(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Steering.model_validate(rule)
