"""The growth of the pause."""

from __future__ import annotations

from random import Random

from discovery.sources.backoff import BASE_S, MAX_S, Backoff


def test_pauses_grow_to_a_bound_and_differ() -> None:
    pauses = [Backoff(Random(seed)) for seed in range(50)]
    first = [backoff.next_s() for backoff in pauses]
    assert min(first) >= 0.02 and max(first) <= BASE_S
    for backoff in pauses:
        for _ in range(20):
            backoff.next_s()
    late = [backoff.next_s() for backoff in pauses]
    assert max(late) <= MAX_S
    assert sum(late) / len(late) > MAX_S / 4
    assert len(set(late)) == len(late)


def test_success_begins_anew() -> None:
    backoff = Backoff(Random(1))
    for _ in range(20):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= BASE_S
