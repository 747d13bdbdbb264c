"""What a zone keeps of its traffic, and what spills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.balancing.locality import Preference, tiers
from discovery.lease import EndpointState
from tests.support.endpoints import endpoint


def zoned(**zones: Sequence[int]) -> list[EndpointState]:
    """Endpoints by zone, 1 is a healthy one and 0 one that is not."""
    made: list[EndpointState] = []
    for zone, healths in zones.items():
        for health in healths:
            made.append(EndpointState(replace(endpoint(len(made)), zone=zone, healthy=bool(health))))
    return made


def shares(members: list[EndpointState], mode: str = "PreferLocal", spill_at: int = 70) -> dict[str, float]:
    preference = Preference(mode, "east", spill_at, 1.4)  # type: ignore[arg-type]
    return {tier.name: tier.share for tier in tiers(members, preference)}


@pytest.mark.parametrize(
    ("east", "west", "kept"),
    [
        ([1] * 10, [1] * 10, 1.0),
        ([1] * 8 + [0] * 2, [1] * 10, 1.0),
        ([1] * 7 + [0] * 3, [1] * 10, 1.0),
        ([1] * 5 + [0] * 5, [1] * 10, 0.7),
        ([1] * 1 + [0] * 9, [1] * 10, 0.14),
        # Both zones have lost: what is left of each carries its part.
        ([1] * 2 + [0] * 8, [1] * 2 + [0] * 8, 0.5),
        ([1] * 4 + [0] * 6, [1] * 1 + [0] * 9, 0.8),
    ],
)
def test_the_own_zone_keeps_what_its_healthy_endpoints_amount_to(east: list[int], west: list[int], kept: float) -> None:
    found = shares(zoned(east=east, west=west))
    assert found["local"] == pytest.approx(kept)
    assert sum(found.values()) == pytest.approx(1.0)


def test_without_a_healthy_one_of_its_own_all_goes_to_the_others() -> None:
    assert shares(zoned(east=[0, 0], west=[1])) == {"others": 1.0}
    assert shares(zoned(west=[1, 1])) == {"others": 1.0}
    assert shares(zoned(east=[1, 0], west=[0])) == {"local": 1.0}


def test_spill_at_says_when_it_begins() -> None:
    members = zoned(east=[1, 0], west=[1])
    assert shares(members, spill_at=50)["local"] == 1.0
    assert shares(members, spill_at=51)["local"] == pytest.approx(0.7)
    assert shares(members, spill_at=0)["local"] == 1.0


def test_weighted_zones_share_by_weight_and_lose_what_failed_beyond_the_overprovisioning() -> None:
    assert shares(zoned(a=[1] * 2, b=[1] * 6), "Weighted") == {"a": 0.25, "b": 0.75}
    assert shares(zoned(a=[1] * 4, b=[1] * 3 + [0]), "Weighted") == {"a": 0.5, "b": 0.5}
    found = shares(zoned(a=[1] * 4, b=[1, 0, 0, 0]), "Weighted")
    assert found["b"] == pytest.approx(0.35 / 1.35)
    assert shares(zoned(a=[1], b=[0]), "Weighted") == {"a": 1.0}


@given(
    healths=st.lists(st.tuples(st.sampled_from(["east", "west", "north"]), st.integers(0, 1)), min_size=1, max_size=30),
    mode=st.sampled_from(["PreferLocal", "Weighted"]),
    spill_at=st.integers(0, 100),
)
def test_shares_add_up_and_are_of_healthy_endpoints_alone(
    healths: list[tuple[str, int]], mode: str, spill_at: int
) -> None:
    zones: dict[str, list[int]] = {}
    for zone, health in healths:
        zones.setdefault(zone, []).append(health)
    members = zoned(**zones)
    if not any(state.endpoint.healthy for state in members):
        return
    found = tiers(members, Preference(mode, "east", spill_at, 1.4))  # type: ignore[arg-type]
    assert sum(tier.share for tier in found) == pytest.approx(1.0)
    listed = [state for tier in found for state in tier.states]
    assert all(state.endpoint.healthy for state in listed)
    assert sorted(state.endpoint.id for state in listed) == sorted(
        state.endpoint.id for state in members if state.endpoint.healthy
    )
