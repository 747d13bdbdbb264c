"""A table that is even, agrees on every gateway, and changes little."""

from __future__ import annotations

from collections import Counter

import pytest

from discovery.balancing.hashing import FUNCTIONS
from discovery.balancing.maglev import Maglev
from discovery.lease import EndpointState
from tests.support.endpoints import states

XX = FUNCTIONS["XXHash64"]


def entries(members: tuple[EndpointState, ...], size: int) -> list[str]:
    """Whose each entry is: without a key, the draw is the entry."""
    table = Maglev(members, XX, size)
    return [table.pick(lambda bits, entry=entry: entry, None).endpoint.id for entry in range(size)]  # type: ignore[misc]


def test_entries_are_even_to_one() -> None:
    counts = Counter(entries(states([1] * 7), 1021))
    assert max(counts.values()) - min(counts.values()) <= 1
    assert sum(counts.values()) == 1021


@pytest.mark.parametrize("weights", [[1, 2, 3], [100, 1, 10, 10], [5, 5, 1]])
def test_entries_follow_weights(weights: list[int]) -> None:
    counts = Counter(entries(states(weights), 4099))
    for number, weight in enumerate(weights):
        assert abs(counts[f"e{number}"] - 4099 * weight / sum(weights)) <= len(weights) + 1


def test_the_lightest_has_an_entry_beside_the_heaviest() -> None:
    counts = Counter(entries(states([65535, 1, 1]), 1021))
    assert counts["e1"] == counts["e2"] == 1


def test_disruption_is_small() -> None:
    """Of 100 endpoints one goes: its hundredth moves, and of the rest under two in a hundred, as the paper finds."""
    members = states([1] * 100)
    before, after = entries(members, 10_007), entries(members[:50] + members[51:], 10_007)
    others = [(one, other) for one, other in zip(before, after, strict=True) if one != "e50"]
    assert "e50" not in after
    assert sum(1 for one, other in others if one != other) / len(others) < 0.02


def test_more_endpoints_than_entries_leave_some_without() -> None:
    assert len(set(entries(states([1] * 10), 7))) == 7


def test_one_endpoint_needs_no_table() -> None:
    (only,) = members = states([4])
    assert Maglev(members, XX).pick(lambda bits: 12345, b"key") is only
