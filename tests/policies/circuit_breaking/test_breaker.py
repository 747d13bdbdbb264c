"""The states of a breaker, by hand and against a simple model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from config.resources.backend_policy import FailureBreaker
from policies.circuit_breaking.breaker import Breaker


def breaker(**fields: object) -> tuple[Breaker, list[tuple[str, str]]]:
    """One with the spec of `fields`, and what its listener hears."""
    heard: list[tuple[str, str]] = []
    spec = FailureBreaker.model_validate({"threshold": 3, "openFor": "5s", "halfOpenRequests": 2, **fields})
    return Breaker("shop/orders", spec, lambda name, state: heard.append((name, state))), heard


def opened(**fields: object) -> tuple[Breaker, list[tuple[str, str]]]:
    made, heard = breaker(**fields)
    for _ in range(3):
        made.observed(100.0, failed=True)
    assert made.state == "open"
    return made, heard


def test_it_opens_at_its_threshold_and_lets_nothing_pass() -> None:
    made, heard = breaker()
    for _ in range(2):
        made.observed(100.0, failed=True)
        assert made.closed
    made.observed(100.0, failed=True)
    assert not made.closed
    assert made.admits(104.9) == 0
    assert made.opens_again_s(102.0) == 3.0
    assert heard == [("shop/orders", "open")]


def test_failures_under_the_ratio_do_not_open_it() -> None:
    made, _ = breaker(ratio=0.5)
    for _ in range(10):
        made.observed(100.0, failed=False)
    for _ in range(9):
        made.observed(100.0, failed=True)
    assert made.closed
    made.observed(100.0, failed=True)
    assert not made.closed


def test_failures_that_have_left_the_window_do_not_count() -> None:
    made, _ = breaker(window="10s")
    for now_s in (100.0, 100.0, 111.0, 111.0):
        made.observed(now_s, failed=True)
    assert made.closed


def test_half_open_it_lets_so_many_probes_pass_and_closes_when_all_are_well() -> None:
    made, heard = opened()
    probes = [made.admits(105.0) for _ in range(4)]
    assert [bool(probe) for probe in probes] == [True, True, False, False]
    made.observed(105.1, failed=False, epoch=probes[0])
    assert not made.closed
    made.observed(105.2, failed=False, epoch=probes[1])
    assert made.closed
    assert [state for _, state in heard] == ["open", "half-open", "closed"]
    # What was counted before is forgotten: one more failure does not open it.
    made.observed(105.3, failed=True)
    assert made.closed


def test_a_probe_that_fails_opens_it_anew() -> None:
    made, _ = opened()
    probe = made.admits(105.0)
    made.observed(106.0, failed=True, epoch=probe)
    assert made.admits(110.9) == 0
    assert made.admits(111.0) > probe


def test_a_probe_without_an_outcome_leaves_its_place_to_another() -> None:
    made, _ = opened(halfOpenRequests=1)
    probe = made.admits(105.0)
    assert made.admits(105.0) == 0
    made.abandoned(epoch=probe)
    assert made.admits(105.0) == probe


def test_outcomes_of_requests_from_before_it_opened_do_not_count() -> None:
    made, _ = opened(halfOpenRequests=1)
    made.observed(104.0, failed=False)
    assert made.admits(105.0)
    made.observed(105.0, failed=True)
    assert made.state == "half-open"


def test_a_late_probe_of_an_earlier_time_half_open_does_not_count() -> None:
    made, _ = opened(halfOpenRequests=2)
    early, late = made.admits(105.0), made.admits(105.0)
    made.observed(105.0, failed=True, epoch=early)
    assert made.admits(110.0)
    made.observed(110.0, failed=True, epoch=late)
    made.abandoned(epoch=late)
    assert made.state == "half-open"


STEPS = st.lists(st.tuples(st.floats(0.0, 4.0), st.sampled_from(["good", "bad", "lost"])), max_size=60)


@given(STEPS, st.integers(1, 3))
def test_any_course_of_events_agrees_with_the_model(steps: list[tuple[float, str]], probes: int) -> None:
    """Requests one after the other; a window that outlasts them all, and no ratio."""
    made, _ = breaker(threshold=2, ratio=0.0, window="10h", openFor="5s", halfOpenRequests=probes)
    state, failures, successes, until_s, now_s = "closed", 0, 0, 0.0, 10.0
    for wait_s, outcome in steps:
        now_s += wait_s
        epoch = 0
        if state == "open" and now_s >= until_s:
            state, successes = "half-open", 0
        assert made.closed == (state == "closed")
        if not made.closed:
            epoch = made.admits(now_s)
            assert bool(epoch) == (state == "half-open")
            if not epoch:
                continue
        if outcome == "lost":
            made.abandoned(epoch=epoch)
            continue
        made.observed(now_s, failed=outcome == "bad", epoch=epoch)
        if outcome == "bad":
            failures += state == "closed"
            if state == "half-open" or failures >= 2:
                state, until_s, failures = "open", now_s + 5.0, 0
        elif state == "half-open":
            successes += 1
            state = "closed" if successes >= probes else state
        assert made.state == state
