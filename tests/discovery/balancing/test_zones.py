"""Requests go to tiers by share, keys always to the same one, and past a tier whose endpoints were tried."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from discovery.balancing.hashing import FUNCTIONS
from discovery.balancing.maglev import Maglev
from discovery.balancing.round_robin import RoundRobin
from discovery.balancing.zones import Tier, Zones
from tests.support.endpoints import chi_square, states


def zones(*share: float, keyed: bool = False, each: int = 2) -> Zones:
    members = states([1] * (each * len(share)))
    tiers = [
        Tier(f"z{number}", members[each * number : each * (number + 1)], part) for number, part in enumerate(share)
    ]
    make = (lambda part: Maglev(part, FUNCTIONS["XXHash64"], 251)) if keyed else RoundRobin
    return Zones(tiers, [make(tier.states) for tier in tiers], keyed=keyed)


def test_requests_follow_the_shares() -> None:
    source, made = random.Random(3), zones(0.7, 0.1, 0.2)
    counts = Counter(made.pick(source.getrandbits, None).endpoint.id for _ in range(6000))
    assert chi_square([counts[f"e{number}"] for number in range(6)], [7, 7, 1, 1, 2, 2]) < 25


@pytest.mark.parametrize(("share", "ids"), [((1.0, 0.0), {"e0", "e1"}), ((0.0, 1.0), {"e2", "e3"})])
def test_a_tier_without_a_share_gets_nothing(share: tuple[float, float], ids: set[str]) -> None:
    made = zones(*share)
    for bits in (0, (1 << 31) - 1, 1 << 30):
        assert made.pick(lambda _, bits=bits: bits, None).endpoint.id in ids  # type: ignore[misc]


def test_rounding_leaves_no_gap() -> None:
    made = zones(1 / 3, 1 / 3, 1 / 3)
    assert made.pick(lambda _: (1 << 31) - 1, None).endpoint.id in ("e4", "e5")


def test_a_key_stays_in_its_zone() -> None:
    source, made = random.Random(3), zones(0.5, 0.5, keyed=True)
    homes = {number: made.pick(source.getrandbits, b"user-%d" % number).endpoint.id for number in range(200)}
    assert set(homes.values()) == {"e0", "e1", "e2", "e3"}
    for number, home in homes.items():
        assert made.pick(source.getrandbits, b"user-%d" % number).endpoint.id == home


def test_tried_zones_are_left_for_others() -> None:
    made, source = zones(1.0, 0.0), random.Random(1)
    assert made.pick_untried(source.getrandbits, None, {"e0"}).endpoint.id == "e1"
    assert made.pick_untried(source.getrandbits, None, {"e0", "e1"}).endpoint.id in ("e2", "e3")
    assert made.pick_untried(source.getrandbits, None, {"e0", "e1", "e2"}).endpoint.id == "e3"
    assert made.pick_untried(source.getrandbits, None, {"e0", "e1", "e2", "e3"}) in made.states


def test_the_balancer_of_a_tier_is_known_by_its_name() -> None:
    made = zones(0.5, 0.5)
    assert made.of("z1") is made.balancers[1]
    assert made.of("gone") is None
