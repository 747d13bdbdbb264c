"""Which requests a mirror takes."""

from __future__ import annotations

import pytest

from config.snapshot import Mirror as MirrorFilter
from policies.mirror import Mirror


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 100), (100, 100), (5, 100), (1, 3), (999, 1000)])
def test_takes_its_fraction_of_uniform_draws(numerator: int, denominator: int) -> None:
    mirror = Mirror(MirrorFilter("d/b", numerator, denominator))
    draws = [step / (denominator * 10) for step in range(denominator * 10)]
    assert sum(mirror.takes(draw) for draw in draws) == numerator * 10
