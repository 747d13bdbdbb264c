"""Questions to the store are told apart by identity: two of the same key are two."""

from __future__ import annotations

from gateway.rate_limits.question import Charge, Take
from policies.rate_limit.meter import Kind, Meter
from policies.rate_limit.shared_meter import SharedMeter


def test_two_questions_for_one_key_are_two() -> None:
    node = Meter(Kind.BUCKET, 1, 10**9, 1)
    meter = SharedMeter(Kind.BUCKET, 1, 10**9, 1, 0, False, "Allow", node)
    assert Take(meter, b"a", 1, 1) != Take(meter, b"a", 1, 1)
    assert Charge(meter, b"a", 1) != Charge(meter, b"a", 1)
