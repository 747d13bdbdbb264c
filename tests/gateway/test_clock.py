"""The clocks go with the system's, and a test's own is heard by compiled callers."""

from __future__ import annotations

import time

import pytest

from gateway.clock import Clock
from tests.support.adjustable_clock import AdjustableClock


def test_monotonic_time_is_the_systems_and_never_goes_back() -> None:
    before_ns = time.monotonic_ns()
    read_ns = [Clock().monotonic_ns() for _ in range(100)]
    times_ns = [before_ns, *read_ns, time.monotonic_ns()]
    assert times_ns == sorted(times_ns)


def test_unix_time_is_the_systems() -> None:
    before_s = time.time()
    assert before_s - 1e-3 <= Clock().unix_s() <= time.time() + 1e-3


def test_one_of_a_test_goes_ahead_and_fails_when_told() -> None:
    clock = AdjustableClock()
    clock.ahead_s = 5.0
    assert clock.monotonic_ns() - Clock().monotonic_ns() > 4_000_000_000
    clock.failing["unix_s"] = ValueError("told to")
    with pytest.raises(ValueError, match="told to"):
        clock.unix_s()
    assert clock.unix_s() > 0
