# cython: boundscheck=False, wraparound=False, cdivision=True
"""A sort of many 64-bit words in place, in time that grows with their number alone (LSD radix sort, 10 bits a pass)."""

from __future__ import annotations

from array import array

DIGIT_BITS = 10
_BUCKETS = 1 << DIGIT_BITS


def sort_words(words: array[int], low_bits: int) -> None:
    """Sort by all but the lowest `low_bits` bits (0..63), those that agree in them in their order of before."""
    spare = array("Q", [0]) * len(words)
    counts = array("q", [0]) * _BUCKETS
    shift = low_bits
    swapped = False
    while shift < 64:
        if swapped:
            _pass(spare, words, counts, shift)
        else:
            _pass(words, spare, counts, shift)
        swapped = not swapped
        shift += DIGIT_BITS
    if swapped:
        words[:] = spare


def _pass(words: array[int], into: array[int], counts: array[int], shift: int) -> None:
    """One digit, from `words` to `into`."""
    source, target, starts = words, into, counts
    for bucket in range(_BUCKETS):
        starts[bucket] = 0
    for place in range(len(words)):
        word = source[place]
        starts[(word >> shift) & (_BUCKETS - 1)] += 1
    total = 0
    for bucket in range(_BUCKETS):
        count = starts[bucket]
        starts[bucket] = total
        total += count
    for place in range(len(words)):
        word = source[place]
        digit = (word >> shift) & (_BUCKETS - 1)
        target[starts[digit]] = word
        starts[digit] += 1
