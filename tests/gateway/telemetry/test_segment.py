"""Tests of the shared memory of counters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.telemetry import metrics
from gateway.telemetry.segment import Layout, Segment

LAYOUT = Layout(2, 4, (0.1, 1.0))


@pytest.fixture
def segment() -> Iterator[Segment]:
    segment = Segment(LAYOUT)
    yield segment
    segment.close()


def test_totals_are_sums_over_workers(segment: Segment) -> None:
    for worker in range(2):
        LAYOUT.attach(segment.descriptor, worker).add(metrics.RETRIES, worker + 1)
    assert segment.totals([metrics.RETRIES]) == [3]


def test_a_worker_that_died_keeps_its_counts_once_and_loses_its_gauges(segment: Segment) -> None:
    ledger = LAYOUT.attach(segment.descriptor, 1)
    ledger.add(metrics.RETRIES, 5)
    ledger.add(metrics.CONNECTIONS_ACTIVE, 7)
    ledger.record(LAYOUT.base(2), 200, 1, 2, 3)
    segment.retire(1, used_blocks=3)
    LAYOUT.attach(segment.descriptor, 1).add(metrics.RETRIES)
    slots = [metrics.RETRIES, metrics.CONNECTIONS_ACTIVE, LAYOUT.base(2) + 2]
    assert segment.totals(slots) == [6, 0, 1]
    segment.retire(1, used_blocks=3)
    assert segment.totals(slots) == [6, 0, 1]
