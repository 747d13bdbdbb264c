"""Tests of a worker's counters."""

from __future__ import annotations

import pytest

from gateway.hot.ledger import Ledger
from gateway.telemetry import metrics

BASE = metrics.PROCESS_SLOTS


def test_counts_up_and_down() -> None:
    ledger = Ledger.private()
    ledger.add(metrics.CONNECTIONS_ACTIVE)
    ledger.add(metrics.CONNECTIONS_ACTIVE, -2)
    assert ledger.value(metrics.CONNECTIONS_ACTIVE) == -1


@pytest.mark.parametrize(
    ("status", "code"), [(0, 0), (101, 1), (204, 2), (304, 3), (499, 4), (503, 5), (999, 0), (-100, 0)]
)
def test_an_exchange_counts_in_the_class_of_its_status(status: int, code: int) -> None:
    ledger = Ledger.private()
    ledger.record(BASE, status, 0, 3, 5)
    assert [ledger.value(BASE + slot) for slot in range(6)] == [int(slot == code) for slot in range(6)]
    assert ledger.value(BASE + metrics.BLOCK_BYTES_IN) == 3
    assert ledger.value(BASE + metrics.BLOCK_BYTES_OUT) == 5


@pytest.mark.parametrize(("duration_ns", "bucket"), [(0, 0), (10**8, 0), (10**8 + 1, 1), (10**9, 1), (10**10, 2)])
def test_a_duration_goes_to_the_first_bucket_that_holds_it(duration_ns: int, bucket: int) -> None:
    ledger = Ledger.private(bounds_s=(0.1, 1.0))
    ledger.record(BASE, 200, duration_ns, 0, 0)
    buckets = [ledger.value(BASE + metrics.BLOCK_BUCKETS + index) for index in range(3)]
    assert buckets == [int(index == bucket) for index in range(3)]
    assert ledger.value(BASE + metrics.BLOCK_DURATION_US) == duration_ns // 1000


def test_a_slot_outside_of_the_region_is_refused() -> None:
    with pytest.raises(IndexError):
        Ledger.private().add(10**6)
