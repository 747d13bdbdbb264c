"""A sort is what `sorted` gives."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.balancing.radix_sort import sort_words


@given(words=st.lists(st.integers(0, (1 << 64) - 1), max_size=50), low_bits=st.sampled_from([0, 1, 24, 40, 63]))
def test_sorts_by_the_upper_bits_and_keeps_the_order_of_equals(words: list[int], low_bits: int) -> None:
    sorting = array("Q", words)
    sort_words(sorting, low_bits)
    assert list(sorting) == sorted(words, key=lambda word: word >> low_bits)


@pytest.mark.parametrize("low_bits", [0, 24])
def test_sorts_what_is_sorted_and_what_is_reversed(low_bits: int) -> None:
    words = [number << 40 for number in range(300)]
    for given_words in (words, words[::-1]):
        sorting = array("Q", given_words)
        sort_words(sorting, low_bits)
        assert list(sorting) == words
