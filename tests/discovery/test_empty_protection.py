"""What is held back, for how long, and what never is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from discovery.empty_protection import EmptyProtection
from discovery.endpoint import Endpoint
from tests.support.endpoints import endpoint, endpoints


def ids(members: tuple[Endpoint, ...]) -> list[str]:
    """Ids, sorted."""
    return sorted(member.id for member in members)


FOUR = endpoints([1, 1, 1, 1])


def test_empty_answer_waits_for_its_confirmation() -> None:
    guard = EmptyProtection(0.5, 5.0)
    first = guard.judge(FOUR, (), 100.0)
    assert ids(first.endpoints) == ids(FOUR)
    assert first.confirm_at_s == 105.0
    assert guard.holding
    again = guard.judge(first.endpoints, (), 103.0)
    assert again.confirm_at_s == 105.0, "answers in between must not put the confirmation off"
    confirmed = guard.judge(again.endpoints, (), 105.0)
    assert confirmed.endpoints == ()
    assert confirmed.confirm_at_s is None
    assert not guard.holding


def test_loss_of_the_share_is_believed_and_more_is_not() -> None:
    assert EmptyProtection(0.5, 5.0).judge(FOUR, FOUR[:2], 0.0).confirm_at_s is None
    assert EmptyProtection(0.5, 5.0).judge(FOUR, FOUR[:1], 0.0).confirm_at_s == 5.0


def test_last_of_two_may_leave_but_not_the_last() -> None:
    guard = EmptyProtection(0.5, 5.0)
    assert guard.judge(FOUR[:2], FOUR[:1], 0.0).confirm_at_s is None
    assert guard.judge(FOUR[:1], (), 0.0).confirm_at_s == 5.0


@given(count=st.integers(2, 60))
def test_endpoints_that_leave_one_by_one_are_never_held(count: int) -> None:
    guard = EmptyProtection(0.5, 5.0)
    shown = endpoints([1] * count)
    while len(shown) > 1:
        verdict = guard.judge(shown, shown[1:], 0.0)
        assert verdict.confirm_at_s is None
        shown = verdict.endpoints


def test_what_is_added_meanwhile_counts_at_once() -> None:
    guard = EmptyProtection(0.5, 5.0)
    fresh = (endpoint(7), endpoint(3, 9))
    held = guard.judge(FOUR, fresh, 0.0)
    assert ids(held.endpoints) == ["e0", "e1", "e2", "e3", "e7"]
    assert next(member.weight for member in held.endpoints if member.id == "e3") == 9


def test_endpoints_that_come_back_end_the_hold() -> None:
    guard = EmptyProtection(0.5, 5.0)
    held = guard.judge(FOUR, (), 0.0)
    back = guard.judge(held.endpoints, FOUR[:3], 1.0)
    assert ids(back.endpoints) == ["e0", "e1", "e2"]
    assert not guard.holding


def test_all_that_drain_at_once_is_a_loss() -> None:
    guard = EmptyProtection(0.5, 5.0)
    draining = tuple(endpoint(number, serving=False) for number in range(4))
    held = guard.judge(FOUR, draining, 0.0)
    assert all(member.serving for member in held.endpoints)
    assert len(held.endpoints) == 4
    assert guard.judge(held.endpoints, draining, 5.0).endpoints == draining


def test_nothing_shown_has_nothing_to_lose() -> None:
    assert EmptyProtection(0.5, 5.0).judge((), (), 0.0).confirm_at_s is None


def test_no_time_to_confirm_believes_at_once() -> None:
    assert EmptyProtection(0.5, 0.0).judge(FOUR, (), 7.0).endpoints == ()


def test_bounds_may_change() -> None:
    guard = EmptyProtection(0.5, 5.0)
    guard.configure(1.0, 1.0)
    assert guard.judge(FOUR, FOUR[:1], 0.0).confirm_at_s is None
    assert guard.judge(FOUR, (), 0.0).confirm_at_s == 1.0


@given(
    answers=st.lists(st.tuples(st.sets(st.integers(0, 8)), st.floats(0.0, 3.0)), max_size=30),
    share=st.floats(0.0, 1.0),
)
def test_what_is_shown_is_never_emptied_sooner_than_confirmed(
    answers: list[tuple[set[int], float]], share: float
) -> None:
    guard = EmptyProtection(share, 5.0)
    shown: tuple[Endpoint, ...] = FOUR
    now_s = 0.0
    suspected_s: float | None = None
    for members, later_s in answers:
        now_s += later_s
        offered = tuple(endpoint(number) for number in sorted(members))
        verdict = guard.judge(shown, offered, now_s)
        assert {member.id for member in offered} <= {member.id for member in verdict.endpoints}
        if shown and not verdict.endpoints:
            assert suspected_s is not None
            assert now_s >= suspected_s + 5.0
        suspected_s = (now_s if suspected_s is None else suspected_s) if guard.holding else None
        shown = verdict.endpoints
