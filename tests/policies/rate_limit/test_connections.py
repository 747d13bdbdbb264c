"""Bounds on the connections of an address, with the tables of one process and a clock that the test moves."""

from __future__ import annotations

from config.resources.rate_limit import ConnectionLimit
from config.snapshot import ConnectionBound
from gateway.hot.flight_table import FlightTable
from gateway.hot.ledger import Ledger
from gateway.hot.rate_table import RateTable
from gateway.rate_limits.node_counters import NodeCounters
from policies.rate_limit.connections import ConnectionGate, Refusal
from tests.support.shared_limits import unshared
from tests.support.stopped_clock import StoppedClock


class Node:
    def __init__(self) -> None:
        self.clock = StoppedClock()
        rates, flights = RateTable.private(), FlightTable.private()
        self.counters = NodeCounters(self.clock, rates, flights, Ledger.private(), unshared(self.clock))

    def gate(self, *specs: dict[str, object]) -> ConnectionGate:
        bounds = [
            ConnectionBound(f"shop/p{number}", ConnectionLimit.model_validate(spec))
            for number, spec in enumerate(specs)
        ]
        return ConnectionGate(bounds, self.counters)


async def test_an_address_may_have_so_many_open() -> None:
    gate = Node().gate({"perSource": 2})
    first, second, third = (gate.enter("192.0.2.1") for _ in range(3))
    assert third is Refusal.PER_SOURCE
    assert isinstance(gate.enter("192.0.2.2"), tuple)
    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    gate.leave(first)
    assert isinstance(gate.enter("192.0.2.1"), tuple)


async def test_an_address_may_open_so_many_in_a_time_and_one_refused_takes_no_place() -> None:
    node = Node()
    gate = node.gate({"perSource": 3, "rate": {"requests": 2, "per": "1s"}})
    assert [isinstance(gate.enter("192.0.2.1"), tuple) for _ in range(3)] == [True, True, False]
    assert gate.enter("192.0.2.1") is Refusal.RATE
    node.clock.advance(1)
    assert isinstance(gate.enter("192.0.2.1"), tuple)
    assert gate.enter("192.0.2.1") is Refusal.PER_SOURCE


async def test_all_policies_of_the_port_must_agree_and_the_exempt_are_not_counted() -> None:
    gate = Node().gate({"perSource": 9}, {"perSource": 1, "exempt": ["10.0.0.0/8"]})
    assert isinstance(gate.enter("192.0.2.1"), tuple)
    for _ in range(12):
        assert gate.enter("192.0.2.1") is Refusal.PER_SOURCE
    places = [gate.enter("10.1.1.1") for _ in range(10)]
    assert [len(each) if isinstance(each, tuple) else each for each in places] == [1] * 9 + [Refusal.PER_SOURCE]
