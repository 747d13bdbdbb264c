"""Flip counters: a simple model over the whole history says the same."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from discovery.health.state import FlipCounter

RESULTS = st.lists(st.booleans(), max_size=60)
THRESHOLDS = st.integers(1, 5)


def modelled(history: Sequence[bool], unhealthy: int, healthy: int) -> bool | None:
    """What the history says, read from its start with no counter kept."""
    judged: bool | None = None
    for length in range(1, len(history) + 1):
        so_far = history[:length]
        if so_far[-unhealthy:] == [False] * unhealthy:
            judged = False
        elif so_far[-1] and (judged is None or so_far[-healthy:] == [True] * healthy):
            judged = True
    return judged


@given(RESULTS, THRESHOLDS, THRESHOLDS)
def test_says_what_the_history_says(history: list[bool], unhealthy: int, healthy: int) -> None:
    counter = FlipCounter(unhealthy, healthy)
    for length, passed in enumerate(history, 1):
        before = counter.healthy
        changed = counter.record(passed=passed)
        assert counter.healthy is modelled(history[:length], unhealthy, healthy)
        assert changed is (counter.healthy is not before)
        assert (counter.successes == 0) is not passed
        assert (counter.failures == 0) is passed


def test_first_success_judges_and_first_failures_take_the_threshold() -> None:
    counter = FlipCounter(3, 2)
    assert [counter.record(passed=False) for _ in range(3)] == [False, False, True]
    assert counter.healthy is False
    assert [counter.record(passed=True) for _ in range(2)] == [False, True]
    assert FlipCounter(3, 2).record(passed=True)


def test_other_thresholds_hold_from_the_next_result_on() -> None:
    counter = FlipCounter(5, 2)
    for _ in range(3):
        counter.record(passed=False)
    counter.configure(2, 1)
    assert counter.healthy is None
    assert counter.record(passed=False)
    assert counter.healthy is False
