"""Status of resources: conditions are found by type."""

from __future__ import annotations

from config.status import Condition, ResourceStatus


def test_condition_is_found_by_its_type() -> None:
    accepted = Condition("Accepted", "True", "Accepted")
    status = ResourceStatus("v1", "Pod", "shop", "x", (Condition("Other", "False", "X"), accepted))
    assert status.condition("Accepted") is accepted
    assert status.condition("Programmed") is None


def test_condition_observes_the_first_generation_unless_told() -> None:
    assert Condition("Accepted", "True", "Accepted").observed_generation == 1
