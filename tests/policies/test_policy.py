"""What a field of a policy says, and whether it says anything."""

from __future__ import annotations

from config.resources.traffic_policy import TrafficPolicySpec
from policies.bounds.body_bytes import BodyBytes
from policies.registry import POLICIES
from tests.support.subjects import environment, subject

BODY_BYTES = next(policy for policy in POLICIES if policy.name == "bodyBytes")


def test_a_default_sets_nothing() -> None:
    assert not BODY_BYTES.is_set(TrafficPolicySpec())
    assert not BODY_BYTES.is_set(TrafficPolicySpec.model_validate({"bodyBytes": None}))
    assert BODY_BYTES.is_set(TrafficPolicySpec.model_validate({"bodyBytes": "1Ki"}))


def test_a_field_becomes_a_step() -> None:
    step = BODY_BYTES.step(TrafficPolicySpec.model_validate({"bodyBytes": "1Ki"}), environment())
    assert isinstance(step, BodyBytes)
    asking = subject()
    step.decide(asking)
    assert asking.body_bytes == 1024
