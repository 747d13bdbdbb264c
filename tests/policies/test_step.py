"""What every step must be able to do."""

from __future__ import annotations

import pytest

from policies.step import Step
from tests.support.subjects import subject


def test_a_step_that_does_not_decide_is_none() -> None:
    with pytest.raises(NotImplementedError):
        Step().decide(subject())
    with pytest.raises(NotImplementedError):
        Step().resume(subject(), None)
