"""The arithmetic of limits against simple models that count in other ways, with time as an argument."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.rate_limit.meter import DEBT_NS, MAX_TICKS, TICKS_PER_NS, Kind, Meter, Reading

SECOND = 1_000_000_000
NOW = 123 * SECOND
Arrivals = list[tuple[int, int]]
"""Nanoseconds since the one before, and cost."""
arrivals = st.lists(st.tuples(st.integers(0, 2 * SECOND), st.integers(1, 4)), min_size=1, max_size=60)


class Key:
    """The state of one key, kept as a table keeps it."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.states = [0, 0]

    def take(self, cost: int, now_ns: int) -> Reading:
        meter, now = self.meter, now_ns * TICKS_PER_NS
        turn = meter.turn(now)
        held = 0
        if meter.kind == Kind.SLIDING_WINDOW:
            self.states[1 - turn] = min(self.states[1 - turn], meter.most_before(now))
            held = meter.held(self.states[1 - turn], now)
        position = meter.position(self.states[turn], now)
        over = meter.over(position, cost, now, held)
        if not meter.fits(over):
            self.states[turn] = min(self.states[turn], meter.state(position))
            return meter.reading(position, over, now, held)
        after = position + meter.ticks(cost)
        self.states[turn] = meter.state(after)
        return meter.reading(after, over, now, held)


def taken(meter: Meter, given: Arrivals) -> list[bool]:
    key, now_ns, said = Key(meter), NOW, []
    for gap_ns, cost in given:
        now_ns += gap_ns
        said.append(key.take(cost, now_ns).admitted)
    return said


def bucket_model(requests: int, per_ns: int, capacity: int) -> Callable[[Arrivals], list[bool]]:
    """Tokens that come evenly."""

    def run(given: Arrivals) -> list[bool]:
        tokens, said = Fraction(capacity), []
        for gap_ns, cost in given:
            tokens = min(Fraction(capacity), tokens + Fraction(gap_ns * requests, per_ns))
            said.append(tokens >= cost)
            if said[-1]:
                tokens -= cost
        return said

    return run


@given(arrivals, st.sampled_from([1, 2, 4, 5, 10]), st.integers(1, 12))
def test_a_bucket_is_one_of_tokens(given: Arrivals, requests: int, capacity: int) -> None:
    meter = Meter(Kind.BUCKET, requests, 5 * SECOND, capacity)
    assert taken(meter, given) == bucket_model(requests, 5 * SECOND, capacity)(given)


@given(arrivals, st.integers(1, 12))
def test_a_fixed_window_counts_from_its_begin(given: Arrivals, requests: int) -> None:
    counts: dict[int, int] = {}
    now_ns, said = NOW, []
    for gap_ns, cost in given:
        now_ns += gap_ns
        window = now_ns // (3 * SECOND)
        said.append(counts.get(window, 0) + cost <= requests)
        if said[-1]:
            counts[window] = counts.get(window, 0) + cost
    assert taken(Meter(Kind.FIXED_WINDOW, requests, 3 * SECOND, 0), given) == said


@given(arrivals, st.integers(1, 12))
def test_a_sliding_window_counts_the_share_of_the_one_before(given: Arrivals, requests: int) -> None:
    counts: dict[int, int] = {}
    key = Key(Meter(Kind.SLIDING_WINDOW, requests, 3 * SECOND, 0))
    now_ns = NOW
    for gap_ns, cost in given:
        now_ns += gap_ns
        window, elapsed = divmod(now_ns, 3 * SECOND)
        share = 1 - Fraction(elapsed, 3 * SECOND)
        used = counts.get(window, 0) + cost + counts.get(window - 1, 0) * share
        admitted = key.take(cost, now_ns).admitted
        # Within a tick or two of the limit either is right, as times are whole numbers here.
        if abs(used - requests) > Fraction(1, 1_000_000):
            assert admitted == (used <= requests)
        if admitted:
            counts[window] = counts.get(window, 0) + cost


@given(arrivals, st.sampled_from(list(Kind)), st.integers(1, 12))
def test_who_waits_as_long_as_told_is_let_in(given: Arrivals, kind: Kind, requests: int) -> None:
    meter = Meter(kind, requests, 3 * SECOND, 4)
    key, now_ns = Key(meter), NOW
    for gap_ns, cost in given:
        now_ns += gap_ns
        if cost > requests:
            continue
        reading = key.take(cost, now_ns)
        for _ in range(3):
            # Of a sliding window the next may be told again what is left of the one before.
            if not reading.admitted:
                assert reading.wait_ns > 0
                now_ns += reading.wait_ns
                reading = key.take(cost, now_ns)
        assert reading.admitted


@given(st.sampled_from(list(Kind)), st.integers(0, 1 << 40), st.integers(1, 1000))
def test_a_state_that_has_passed_is_that_of_a_key_never_seen(kind: Kind, now_ns: int, requests: int) -> None:
    meter = Meter(kind, requests, SECOND, requests)
    key = Key(meter)
    key.take(1, now_ns)
    for state in key.states:
        if state:
            assert meter.position(state, state) == meter.position(0, state)
            if kind == Kind.SLIDING_WINDOW:
                assert meter.held(state, state) == 0


def test_who_may_wait_is_told_how_long_and_is_in_its_turn() -> None:
    key = Key(Meter(Kind.BUCKET, 10, SECOND, 1, patience_ns=250_000_000))
    waits = [key.take(1, NOW) for _ in range(5)]
    assert [reading.admitted for reading in waits] == [True, True, True, False, False]
    assert [reading.wait_ns for reading in waits] == [0, 100_000_000, 200_000_000, 300_000_000, 300_000_000]


def test_says_what_is_left_and_when_all_is_back() -> None:
    key = Key(Meter(Kind.BUCKET, 10, SECOND, 10))
    reading = key.take(3, NOW)
    assert (reading.remaining, reading.reset_ns, reading.now_ns) == (7, 300_000_000, NOW)
    window = Key(Meter(Kind.FIXED_WINDOW, 10, SECOND, 0)).take(3, NOW + SECOND // 4)
    assert (window.remaining, window.reset_ns) == (7, 750_000_000)


@pytest.mark.parametrize("kind", list(Kind))
def test_none_at_all_lets_nobody_in(kind: Kind) -> None:
    reading = Key(Meter(kind, 0, SECOND, 0)).take(1, NOW)
    assert (reading.admitted, reading.remaining) == (False, 0)
    assert reading.wait_ns > 0


@pytest.mark.parametrize("kind", list(Kind))
def test_costs_and_times_of_any_size_stay_within_64_bits(kind: Kind) -> None:
    now = 8 * 365 * 86_400 * SECOND * TICKS_PER_NS
    for requests, per_ns in ((1, 1 << 62), (1_000_000_000, 1), (1_000_000_000, 1 << 62)):
        meter = Meter(kind, requests, per_ns, 1_000_000_000, patience_ns=1 << 60, deferred=True)
        position = meter.position(0, now) + meter.ticks(1 << 62)
        assert 0 < meter.state(position) < 1 << 63
        assert meter.ticks(1 << 62) == MAX_TICKS
        assert not meter.fits(meter.over(position, 1 << 62, now, 0))


def test_a_debt_is_an_hour_at_most() -> None:
    meter = Meter(Kind.BUCKET, 1000, SECOND, 1000, deferred=True)
    now = NOW * TICKS_PER_NS
    position = meter.position(now + meter.ticks(1 << 50), now)
    over = meter.over(position, 1, now, 0)
    assert over // TICKS_PER_NS == DEBT_NS + SECOND // 1000


@pytest.mark.parametrize("kind", list(Kind))
def test_a_limit_that_is_raised_keeps_what_was_used_and_locks_nobody_out(kind: Kind) -> None:
    key = Key(Meter(kind, 2, 3600 * SECOND, 2))
    while key.take(1, NOW).admitted:
        pass
    key.meter = Meter(kind, 2, SECOND, 2)
    assert not key.take(1, NOW).admitted
    assert key.take(1, NOW + 2 * SECOND).admitted


def test_a_higher_number_in_the_same_time_is_there_at_once_in_its_share() -> None:
    key = Key(Meter(Kind.FIXED_WINDOW, 10, 60 * SECOND, 0))
    assert sum(key.take(1, NOW).admitted for _ in range(5)) == 5
    # Half was used, and half of what there is now is left.
    key.meter = Meter(Kind.FIXED_WINDOW, 100, 60 * SECOND, 0)
    assert sum(key.take(1, NOW).admitted for _ in range(100)) == 50
