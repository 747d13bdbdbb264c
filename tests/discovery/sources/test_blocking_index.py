"""The rules of the index and the pace."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from discovery.sources.blocking_index import INTERVAL_S, SPIN_ANSWERS, SPIN_INTERVAL_S, BlockingIndex


@given(answered=st.lists(st.integers(0, 1 << 60), max_size=20))
def test_index_asked_never_exceeds_what_was_answered_last(answered: list[int]) -> None:
    index = BlockingIndex()
    for value in answered:
        believed = index.advance(value)
        assert index.value == (max(1, value) if believed else 0)


def test_index_that_goes_back_is_not_believed_and_the_next_one_is() -> None:
    index = BlockingIndex()
    assert index.advance(50)
    assert not index.advance(7)
    assert index.value == 0
    assert index.advance(7)
    assert index.value == 7


def test_zero_becomes_one() -> None:
    index = BlockingIndex()
    assert index.advance(0)
    assert index.value == 1


def test_reset_asks_without_an_index() -> None:
    index = BlockingIndex()
    index.advance(9)
    index.reset()
    assert index.value == 0


def test_changes_are_asked_for_at_the_fast_pace_however_many() -> None:
    index = BlockingIndex()
    assert {index.pause_s(changed=True, early=True) for _ in range(100)} == {INTERVAL_S}


def test_answers_that_come_early_and_change_nothing_slow_down_until_one_changes() -> None:
    index = BlockingIndex()
    paces = [index.pause_s(changed=False, early=True) for _ in range(SPIN_ANSWERS)]
    assert paces == [INTERVAL_S] * (SPIN_ANSWERS - 1) + [SPIN_INTERVAL_S]
    assert index.pause_s(changed=True, early=True) == INTERVAL_S
    assert index.pause_s(changed=False, early=False) == INTERVAL_S
