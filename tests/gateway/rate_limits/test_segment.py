"""The memory of a node's limits: shared by its workers, outliving them."""

from __future__ import annotations

import os

from gateway.hot.ledger import Ledger
from gateway.rate_limits.segment import LimitLayout, LimitSegment
from policies.rate_limit.meter import Kind, Meter


def test_workers_share_rates_and_places_and_the_hash_key() -> None:
    segment = LimitSegment(LimitLayout(2, 1000))
    try:
        one, other = (segment.layout.attach(segment.descriptor, worker, Ledger.private()) for worker in range(2))
        meter = Meter(Kind.BUCKET, 2, 10**12, 2)
        assert one[0].take(meter, b"a" * 16, 1, 10**12).admitted
        assert other[0].take(meter, b"a" * 16, 1, 10**12).remaining == 0
        place = one[1].enter(b"a" * 16, 1, 0)
        assert other[1].enter(b"a" * 16, 1, 0) == -1
        assert one[0].key == other[0].key != bytes(32)
        segment.forget_worker(0)
        assert other[1].under_way(place) == 0
        assert not other[0].take(meter, b"a" * 16, 1, 10**12).admitted
    finally:
        segment.close()


def test_two_nodes_hash_by_keys_of_their_own() -> None:
    segments = [LimitSegment(LimitLayout(1, 128)) for _ in range(2)]
    keys = [segment.layout.attach(segment.descriptor, 0, Ledger.private())[0].key for segment in segments]
    for segment in segments:
        segment.close()
    assert keys[0] != keys[1]


def test_the_memory_is_as_large_as_the_layout_says() -> None:
    layout = LimitLayout(3, 262_144)
    segment = LimitSegment(layout)
    assert os.fstat(segment.descriptor).st_size == layout.octets < 10 << 20
    segment.close()
