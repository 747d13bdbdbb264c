"""What the workers of a node tell each other, and which slot an endpoint has."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from discovery.endpoint import EndpointSet
from discovery.in_flight import NO_SLOT, InFlight, Slots, slots_by_id
from discovery.lease import EndpointState
from tests.support.endpoints import endpoint, endpoint_set


def rows(workers: int, slots: int = 4) -> list[InFlight]:
    cells = memoryview(bytearray(8 * workers * slots)).cast("q")
    return [InFlight(cells, worker, slots) for worker in range(workers)]


def view(numbers: Sequence[int], backend: str = "shop/orders") -> EndpointSet:
    return endpoint_set([endpoint(number) for number in numbers], backend)


def test_each_worker_sees_what_the_others_have() -> None:
    one, two, three = rows(3)
    one.add(1, 5)
    two.add(1, 2)
    three.add(0, 9)
    assert [row.elsewhere(1) for row in (one, two, three)] == [2, 5, 7]
    assert one.elsewhere(0) == 9


def test_a_count_under_0_is_none() -> None:
    """The row of a worker that died was cleared, and its last request ends at one that had come for it by a race."""
    one, two = rows(2)
    two.add(0, -3)
    assert one.elsewhere(0) == 0


def test_leases_show_in_the_row_until_they_end() -> None:
    one, two = rows(2)
    mine, theirs = EndpointState(endpoint(1)), EndpointState(endpoint(1))
    before = mine.lease()
    mine.share(one, 2)
    theirs.share(two, 2)
    lease = mine.lease()
    assert (mine.load(), theirs.load()) == (2, 2)
    other = theirs.lease()
    assert (mine.load(), mine.active) == (3, 2)
    before.finish()
    lease.fail()
    assert (mine.load(), theirs.load()) == (1, 1)
    other.finish()
    assert mine.load() == 0


def test_a_slot_that_is_left_is_left_empty() -> None:
    one, two = rows(2)
    state = EndpointState(endpoint(1))
    state.share(one, 0)
    lease = state.lease()
    state.share(one, 3)
    assert (two.elsewhere(0), two.elsewhere(3)) == (0, 1)
    state.share(None, NO_SLOT)
    assert two.elsewhere(3) == 0
    lease.finish()
    assert (two.elsewhere(3), state.active, state.load()) == (0, 0, 0)


def test_without_a_slot_each_counts_alone() -> None:
    one, _ = rows(2)
    for slot in (NO_SLOT, 4, 1 << 40):
        state = EndpointState(endpoint(1))
        state.share(one, slot)
        state.lease()
        assert state.load() == 1


def test_an_endpoint_keeps_its_slot_and_gives_it_back() -> None:
    slots = Slots(8)
    first = slots.assign(view([1, 2, 3]))
    assert len(set(first)) == 3
    assert slots.assign(view([3, 1])) == (first[2], first[0])
    assert slots.assign(view([3, 1, 4])) == (first[2], first[0], first[1])


def test_one_that_moved_has_another_slot() -> None:
    slots = Slots(8)
    (before,) = slots.assign(view([1]))
    moved = endpoint_set([endpoint(1, address="127.0.0.2"), endpoint(2)])
    assert len({before, *slots.assign(moved)}) >= 2


def test_when_all_are_taken_there_is_none_until_one_is_given_back() -> None:
    slots = Slots(2)
    assert NO_SLOT not in slots.assign(view([1, 2], "a"))
    assert slots.assign(view([1], "b")) == (NO_SLOT,)
    assert slots.refused == 1
    slots.assign(view([2], "a"))
    assert slots.assign(view([1], "b")) != (NO_SLOT,)
    assert slots.refused == 0


def test_backends_that_are_gone_give_theirs_back() -> None:
    slots = Slots(2)
    slots.assign(view([1, 2], "a"))
    slots.keep(["b"])
    assert NO_SLOT not in slots.assign(view([1, 2], "b"))


@given(views=st.lists(st.tuples(st.sampled_from("abc"), st.sets(st.integers(0, 6))), max_size=20))
def test_no_slot_is_given_twice(views: list[tuple[str, set[int]]]) -> None:
    slots = Slots(10)
    now: dict[str, tuple[int, ...]] = {}
    for backend, numbers in views:
        now[backend] = slots.assign(view(sorted(numbers), backend))
        taken = [slot for each in now.values() for slot in each if slot != NO_SLOT]
        assert len(taken) == len(set(taken))
        assert all(0 <= slot < 10 for slot in taken)
        wanted = sum(len(each) for each in now.values())
        assert len(taken) >= min(wanted, 10) - slots.refused


def test_slots_of_another_view_are_none() -> None:
    assert slots_by_id(view([1, 2]), (5, 6)) == {"e1": 5, "e2": 6}
    assert slots_by_id(view([1, 2]), (5,)) == {}
