"""Counters that have seen nobody: for explanations and tests of policies."""

from __future__ import annotations

from policies.rate_limit.counters import Event, FreshCounters
from policies.rate_limit.meter import Kind, Meter

SECOND = 1_000_000_000


def test_every_request_is_the_first() -> None:
    fresh, meter = FreshCounters(), Meter(Kind.BUCKET, 2, SECOND, 2)
    key = fresh.key_of(b"alice")
    for _ in range(5):
        reading = fresh.take(meter, key, 1)
        assert (reading.admitted, reading.remaining, reading.wait_ns) == (True, 1, 0)
    fresh.charge(meter, key, 100)
    fresh.give_back(meter, key, 1, reading.now_ns)
    fresh.count(Event.ADMITTED)
    assert fresh.enter(key, 3, 0) == fresh.enter(key, 3, 0) == (0, 2)
    fresh.leave(0)


def test_what_never_fits_is_refused() -> None:
    assert not FreshCounters().take(Meter(Kind.BUCKET, 2, SECOND, 2), bytes(16), 3).admitted
    assert not FreshCounters().take(Meter(Kind.FIXED_WINDOW, 0, SECOND, 0), bytes(16), 1).admitted
