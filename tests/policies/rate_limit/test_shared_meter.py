"""The figures of a limit that all gateways share."""

from __future__ import annotations

import pytest

from policies.rate_limit.meter import Kind, Meter
from policies.rate_limit.shared_meter import SharedMeter


def shared(capacity: int = 1000, patience_ns: int = 0, requests: int = 1000) -> SharedMeter:
    node = Meter(Kind.BUCKET, requests, 10**9, capacity)
    return SharedMeter(Kind.BUCKET, requests, 10**9, capacity, patience_ns, False, "Allow", node)


@pytest.mark.parametrize(("capacity", "patience_ns", "most"), [(1000, 0, 100), (9, 0, 1), (0, 0, 1), (1000, 1, 1)])
def test_a_lease_is_a_tenth_at_most(capacity: int, patience_ns: int, most: int) -> None:
    assert shared(capacity, patience_ns).largest_lease == most


def test_the_unit_is_the_time_of_one_more() -> None:
    assert shared().unit_ns == 1_000_000
    assert shared(requests=0).unit_ns == 10**9
