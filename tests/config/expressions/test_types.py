"""Which types may be compared, and how they are shown."""

from __future__ import annotations

import pytest

from config.expressions.types import BOOL, CLAIMS, DYN, INT, IP, STRING, STRINGS, Type, comparable, joined, list_of


def test_a_type_is_shown_as_cel_writes_it() -> None:
    assert str(CLAIMS) == "map(string, dyn)"
    assert str(list_of(INT)) == "list(int)"


@pytest.mark.parametrize(
    ("left", "right", "can"),
    [
        (INT, INT, True),
        (INT, STRING, False),
        (DYN, INT, True),
        (IP, STRING, True),
        (IP, INT, False),
        (list_of(INT), list_of(DYN), True),
        (list_of(INT), list_of(STRING), False),
        (STRINGS, CLAIMS, True),
        (STRINGS, list_of(STRING), False),
    ],
)
def test_types_are_comparable_both_ways(left: Type, right: Type, *, can: bool) -> None:
    assert comparable(left, right) is comparable(right, left) is can


def test_types_that_differ_join_to_dyn() -> None:
    assert joined([BOOL, BOOL]) == BOOL
    assert joined([BOOL, INT]) == joined([]) == DYN
