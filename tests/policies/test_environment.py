"""What policies are compiled with."""

from __future__ import annotations

from tests.support.subjects import environment, subject


def test_a_condition_is_compiled_from_its_text() -> None:
    condition = environment().condition("lane=canary")
    asking = subject()
    assert not condition.holds(asking)
    asking.tags["lane"] = "canary"
    assert condition.holds(asking)
