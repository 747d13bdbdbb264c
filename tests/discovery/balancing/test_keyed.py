"""What the balancers that go by a key keep: one endpoint for a key, few moves, the bound, the walk past failures."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.balancing.hashing import FUNCTIONS
from discovery.balancing.keyed import KeyedBalancer
from discovery.balancing.maglev import Maglev
from discovery.balancing.ring_hash import RingHash, Size
from discovery.lease import EndpointState
from tests.support.endpoints import states

XX = FUNCTIONS["XXHash64"]
Make = Callable[[tuple[EndpointState, ...], int], KeyedBalancer]
BALANCERS: dict[str, Make] = {
    "RingHash": lambda members, factor: RingHash(members, XX, Size(512, 4096), factor),
    "Maglev": lambda members, factor: Maglev(members, XX, 1021, factor),
}
every_balancer = pytest.mark.parametrize("make", BALANCERS.values(), ids=BALANCERS.keys())
DRAW = random.Random(1).getrandbits


def keys(count: int) -> list[bytes]:
    return [b"user-%d" % number for number in range(count)]


def owners(balancer: KeyedBalancer, count: int = 3000) -> list[str]:
    return [balancer.pick(DRAW, key).endpoint.id for key in keys(count)]


@every_balancer
def test_a_key_stays_with_its_endpoint(make: Make) -> None:
    members = states([1] * 10)
    assert owners(make(members, 0)) == owners(make(members[::-1], 0))


@every_balancer
def test_who_leaves_moves_its_own_keys_and_few_others(make: Make) -> None:
    members = states([1] * 10)
    before, after = owners(make(members, 0)), owners(make(members[1:], 0))
    pairs = list(zip(before, after, strict=True))
    moved = sum(1 for one, other in pairs if one not in (other, members[0].endpoint.id))
    assert all(other != members[0].endpoint.id for other in after)
    assert moved / len(pairs) < 0.05
    joined = sum(1 for one, other in pairs if one == members[0].endpoint.id)
    assert 0.05 < joined / len(pairs) < 0.16


@every_balancer
@given(
    weights=st.lists(st.integers(1, 9), min_size=1, max_size=8),
    factor=st.integers(101, 400),
    picks=st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=60),
    counted=st.booleans(),
)
def test_bounded_load_is_never_passed(
    make: Make, weights: list[int], factor: int, picks: list[tuple[int, bool]], counted: bool
) -> None:
    members = states(weights)
    balancer = make(members, factor)
    if counted:
        balancer.count_running()
    held = []
    for key, ends in picks:
        state = balancer.pick(DRAW, b"key-%d" % key)
        running = sum(member.active for member in members)
        bound = ceil(factor * (running + 1) * state.weight / (100 * sum(weights)))
        assert state.active + 1 <= bound
        held.append(state.lease())
        if ends:
            held.pop(0).finish()


@every_balancer
def test_a_key_leaves_its_endpoint_only_while_that_is_full(make: Make) -> None:
    members = states([1] * 4)
    balancer = make(members, 150)
    home = balancer.pick(DRAW, b"hot")
    held = [balancer.pick(DRAW, b"hot").lease() for _ in range(8)]
    assert {lease.endpoint.id for lease in held} > {home.endpoint.id}
    for lease in held:
        lease.finish()
    assert balancer.pick(DRAW, b"hot") is home


@every_balancer
def test_the_keys_of_a_failed_endpoint_go_to_the_same_others_on_every_gateway(make: Make) -> None:
    members = states([1] * 6)
    one, other = make(members, 0), make(members[::-1], 0)
    second = {key: one.pick_untried(DRAW, key, {one.pick(DRAW, key).endpoint.id}) for key in keys(200)}
    assert second == {key: other.pick_untried(DRAW, key, {other.pick(DRAW, key).endpoint.id}) for key in keys(200)}
    assert len({state.endpoint.id for state in second.values()}) == 6


@every_balancer
def test_when_all_were_tried_the_key_comes_home(make: Make) -> None:
    members = states([1] * 3)
    balancer = make(members, 0)
    ids = {member.endpoint.id for member in members}
    assert balancer.pick_untried(DRAW, b"key", ids) is balancer.pick(DRAW, b"key")


@every_balancer
def test_with_a_bound_and_a_failure_the_least_loaded_of_the_others_is_left(make: Make) -> None:
    """All that were not tried are past their bound: someone must do it."""
    members = states([1, 1, 1])
    balancer = make(members, 101)
    members[1].active, members[2].active = 9, 8
    assert balancer.pick_untried(DRAW, b"key", {"e0"}) is members[2]


@every_balancer
def test_without_a_key_all_share(make: Make) -> None:
    source = random.Random(4)
    balancer = make(states([1] * 4), 0)
    counts = Counter(balancer.pick(source.getrandbits, None).endpoint.id for _ in range(4000))
    assert all(850 < counts[f"e{number}"] < 1150 for number in range(4))


@every_balancer
def test_empty_and_huge_keys_are_keys(make: Make) -> None:
    balancer = make(states([1] * 4), 0)
    for key in (b"", b"\x00" * 100_000, bytes(range(256))):
        assert balancer.pick(DRAW, key) is balancer.pick(DRAW, key)


def test_a_base_has_no_place_for_a_key() -> None:
    with pytest.raises(NotImplementedError):
        KeyedBalancer(states([1]), XX, 0).pick(DRAW, b"key")
