"""The step that bounds the bandwidth of connections and routes."""

from __future__ import annotations

import pytest

from config.resources.scalars import Quantity
from config.resources.shaping import Bandwidth
from policies.bandwidth.step import Bounds, compile_bandwidth
from tests.support.subjects import environment, subject


def bounds(**fields: str) -> Bounds:
    step = compile_bandwidth(Bandwidth(**{name: Quantity(text) for name, text in fields.items()}), environment())
    assert step is not None
    asking = subject()
    step.decide(asking)
    assert asking.bandwidth is not None
    return asking.bandwidth


def test_a_connection_has_a_bound_of_its_own() -> None:
    noted = bounds(per_connection="64Ki")
    assert (noted.per_connection, noted.answer_gates, noted.body_gates) == (64 * 1024, (), ())


def test_a_route_has_a_gate_for_each_way() -> None:
    noted = bounds(per_route="1Mi")
    assert noted.per_connection == 0
    (answers,), (bodies,) = noted.answer_gates, noted.body_gates
    assert answers.rate == bodies.rate == 1 << 20
    # Those of a node that has seen nobody: a second's octets wait for what is beyond the head room.
    assert answers.take(1 << 20, 0) == pytest.approx(0.75, rel=1e-3)


def test_no_bound_asks_for_nothing() -> None:
    assert compile_bandwidth(Bandwidth(), environment()) is None
