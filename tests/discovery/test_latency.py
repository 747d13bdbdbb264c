"""A moving average that believes peaks at once, forgets with time, and stays a number whatever comes in."""

from __future__ import annotations

from math import exp, isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.latency import FAILURE_NS, LONGEST_NS, Latency

SECOND = 1_000_000_000


class Clock:
    """At `ns`."""

    def __init__(self) -> None:
        self.ns = 5 * SECOND

    def __call__(self) -> int:
        return self.ns


def measured(*latencies: int, decay_ns: int = 10 * SECOND) -> tuple[Latency, Clock]:
    clock = Clock()
    latency = Latency(decay_ns, clock)
    for each in latencies:
        latency.observe(each)
    return latency, clock


def test_nothing_is_known_at_first() -> None:
    latency, clock = measured()
    assert latency.at(clock.ns) == 0.0


def test_a_peak_is_believed_at_once_and_what_is_faster_only_in_time() -> None:
    latency, clock = measured(1000, 50_000)
    assert latency.at(clock.ns) == 50_000
    latency.observe(1000)
    assert latency.at(clock.ns) == 50_000
    clock.ns += 10 * SECOND
    latency.observe(1000)
    assert latency.at(clock.ns) == pytest.approx(50_000 * exp(-1) + 1000 * (1 - exp(-1)))


def test_it_fades_without_news() -> None:
    latency, clock = measured(50_000)
    assert latency.at(clock.ns + 10 * SECOND) == pytest.approx(50_000 * exp(-1))
    assert latency.at(clock.ns + 10_000 * SECOND) < 1e-9


def test_the_average_does_not_depend_on_how_often_it_is_read() -> None:
    (one, clock), (other, _) = measured(50_000), measured(50_000)
    for step in range(100):
        one.at(clock.ns + step * SECOND // 10)
    assert one.at(clock.ns + 10 * SECOND) == other.at(clock.ns + 10 * SECOND)


def test_a_failure_counts_as_a_second_or_twice_what_it_took_before() -> None:
    latency, clock = measured(1000)
    latency.punish()
    assert latency.at(clock.ns) == FAILURE_NS
    latency.punish()
    assert latency.at(clock.ns) == 2 * FAILURE_NS
    for _ in range(100):
        latency.punish()
    assert latency.at(clock.ns) == LONGEST_NS


def test_a_wait_in_vain_counts_where_it_was_longer() -> None:
    latency, clock = measured(5000)
    latency.observe_wait(4000)
    assert latency.at(clock.ns) == 5000
    latency.observe_wait(6000)
    assert latency.at(clock.ns) == 6000


def test_a_clock_that_goes_back_counts_as_one_that_stands() -> None:
    latency, clock = measured(5000)
    assert latency.at(clock.ns - SECOND) == 5000
    clock.ns -= SECOND
    latency.observe(1000)
    assert latency.at(clock.ns) == 5000


def test_a_changed_decay_keeps_what_is_known() -> None:
    latency, clock = measured(5000)
    latency.set_decay(SECOND)
    assert latency.at(clock.ns) == 5000
    assert latency.at(clock.ns + SECOND) == pytest.approx(5000 * exp(-1))


@given(
    decay_ns=st.integers(0, 1 << 62),
    steps=st.lists(
        st.tuples(st.integers(-(1 << 60), 1 << 60), st.integers(-(1 << 62), 1 << 62), st.sampled_from("owp")),
        max_size=20,
    ),
)
def test_no_time_makes_it_more_or_less_than_a_number(decay_ns: int, steps: list[tuple[int, int, str]]) -> None:
    latency, clock = measured(decay_ns=decay_ns)
    for moved, took, how in steps:
        clock.ns = max(-(1 << 61), min(1 << 61, clock.ns + moved))
        if how == "o":
            latency.observe(took)
        elif how == "w":
            latency.observe_wait(took)
        else:
            latency.punish()
        average = latency.at(clock.ns)
        assert isfinite(average)
        assert 0.0 <= average <= LONGEST_NS
