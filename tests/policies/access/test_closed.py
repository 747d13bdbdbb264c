"""What stands for a part of access that is not carried out."""

from __future__ import annotations

from policies.access.closed import ClosedStep
from tests.support.subjects import subject


def test_nobody_gets_in_past_what_is_not_carried_out() -> None:
    denial = ClosedStep("access.identity", "identity").decide(subject())
    assert (denial.status, denial.reason) == (500, "identity is not carried out by this version")
