"""Answers that are kept for a time, a bounded number of them."""

from __future__ import annotations

from policies.access.memo import Memo


def test_a_value_is_there_until_its_time() -> None:
    memo: Memo[str] = Memo(4)
    memo.put(b"a", "x", 10.0)
    assert memo.get(b"a", 9.9) == "x"
    assert memo.get(b"a", 10.0) is None
    assert len(memo) == 0


def test_past_the_bound_the_first_goes() -> None:
    memo: Memo[int] = Memo(3)
    for value in range(5):
        memo.put(bytes([value]), value, 100.0)
    assert len(memo) == 3
    assert [memo.get(bytes([value]), 0.0) for value in range(5)] == [None, None, 2, 3, 4]


def test_a_value_put_anew_takes_the_place_of_the_old_one() -> None:
    memo: Memo[int] = Memo(2)
    memo.put(b"a", 1, 10.0)
    memo.put(b"b", 2, 10.0)
    memo.put(b"a", 3, 20.0)
    assert (memo.get(b"a", 15.0), len(memo)) == (3, 2)
    memo.put(b"c", 4, 20.0)
    assert memo.get(b"b", 0.0) is None and memo.get(b"a", 0.0) == 3
