"""Subsets of some gateways: every endpoint is used, and little moves."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.simulation.fleet import Size
from benchmarks.simulation.scenarios.subsets import named, numbered, run

SIZE = Size(gateways=32, endpoints=160)
MOST = 10


def test_with_ordinals_a_full_lot_uses_every_endpoint_alike() -> None:
    found = run(SIZE, numbered, MOST)
    assert (found.least, found.mean, found.most) == (2, 2.0, 2)


def test_by_names_it_is_as_even_as_draws_are() -> None:
    found = run(SIZE, named, MOST)
    assert found.mean == 2.0
    assert found.most > 3


def test_a_new_gateway_moves_nobody_and_a_change_of_endpoints_two_at_each() -> None:
    size = replace(SIZE, endpoints=150)
    for where in (numbered, named):
        found = run(size, where, MOST)
        assert found.by_gateway == MOST
        assert found.most_by_endpoint <= 2
        assert 0 < found.by_endpoint <= 2 * size.gateways
        assert 0 < found.by_sickness <= 2 * size.gateways


def test_endpoint_that_makes_lots_larger_moves_nearly_all() -> None:
    # 160 are sixteen times ten, one more makes lots of 32.
    found = run(SIZE, numbered, MOST)
    assert found.by_endpoint > SIZE.gateways * MOST
    assert found.most_by_endpoint == 2 * MOST
