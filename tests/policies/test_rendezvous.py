"""A choice by key is even by weight, and moves no key that need not move."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from policies.rendezvous import Rendezvous

CHI_SQUARE_3_999 = 16.27
"""Of 3 degrees of freedom, passed by one even draw in a thousand; keys and names are fixed, so it is never chance."""
KEYS = [b"user-%d" % number for number in range(2000)]
NAMES = st.lists(st.text("abc/-", min_size=1, max_size=6), min_size=1, max_size=8, unique=True)


def test_100_000_keys_fall_by_weight() -> None:
    weights = [900, 70, 25, 5]
    choice = Rendezvous(["a", "b", "c", "d"], weights)
    counts = Counter(choice.index(b"user-%d" % number) for number in range(100_000))
    assert sum((counts[index] - 100 * weight) ** 2 / (100 * weight) for index, weight in enumerate(weights)) < (
        CHI_SQUARE_3_999
    )


def test_a_name_of_weight_0_wins_nothing() -> None:
    choice = Rendezvous(["a", "b"], [0, 1])
    assert {choice.index(key) for key in KEYS} == {1}


@given(names=NAMES, data=st.data())
def test_where_a_weight_grows_keys_move_to_it_alone(names: list[str], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(1, 100), min_size=len(names), max_size=len(names)))
    grows = data.draw(st.integers(0, len(names) - 1))
    before = Rendezvous(names, weights)
    weights[grows] += data.draw(st.integers(1, 1000))
    after = Rendezvous(names, weights)
    for key in KEYS[:200]:
        assert after.index(key) in (before.index(key), grows)


@given(names=NAMES.filter(lambda names: len(names) > 1), data=st.data())
def test_one_that_leaves_gives_its_own_keys_and_no_others(names: list[str], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(1, 100), min_size=len(names), max_size=len(names)))
    leaves = data.draw(st.integers(0, len(names) - 1))
    before = Rendezvous(names, weights)
    left = [name for index, name in enumerate(names) if index != leaves]
    after = Rendezvous(left, [weight for index, weight in enumerate(weights) if index != leaves])
    for key in KEYS[:200]:
        if before.index(key) != leaves:
            assert left[after.index(key)] == names[before.index(key)]


@given(names=NAMES)
def test_the_order_of_the_names_does_not_count(names: list[str]) -> None:
    weights = list(range(1, len(names) + 1))
    one, other = Rendezvous(names, weights), Rendezvous(names[::-1], weights[::-1])
    for key in KEYS[:200]:
        assert names[one.index(key)] == names[::-1][other.index(key)]
