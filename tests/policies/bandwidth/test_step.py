"""The step that bounds the bandwidth of a connection."""

from __future__ import annotations

from config.resources.scalars import Quantity
from config.resources.shaping import Bandwidth
from policies.bandwidth.step import compile_bandwidth
from tests.support.subjects import environment, subject


def test_it_notes_the_bound() -> None:
    step = compile_bandwidth(Bandwidth(per_connection=Quantity("64Ki")), environment())
    assert step is not None
    asking = subject()
    step.decide(asking)
    assert asking.bandwidth is step
    assert step.per_connection == 64 * 1024


def test_no_bound_asks_for_nothing() -> None:
    assert compile_bandwidth(Bandwidth(), environment()) is None
