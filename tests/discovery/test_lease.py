"""The count of what runs on an endpoint."""

from __future__ import annotations

import pytest

from discovery.latency import FAILURE_NS, Latency
from discovery.lease import EndpointState, Lease, Running
from tests.support.endpoints import endpoint


def test_lease_counts_while_it_is_held() -> None:
    state = EndpointState(endpoint(1, 5))
    one, two = state.lease(), state.lease()
    assert (state.active, state.picked, state.weight) == (2, 2, 5)
    one.finish()
    two.fail()
    assert (state.active, state.picked, state.failed) == (0, 2, 1)


def test_finishing_twice_counts_once() -> None:
    state = EndpointState(endpoint(1))
    lease = state.lease()
    lease.fail()
    lease.fail()
    assert (state.active, state.failed) == (0, 1)


def test_lease_keeps_the_endpoint_that_was_picked() -> None:
    state = EndpointState(endpoint(1, 1))
    lease = state.lease()
    state.update(endpoint(1, 9))
    assert lease.endpoint.weight == 1
    assert (lease.state.endpoint.weight, state.weight) == (9, 9)


class Clock:
    """At `ns`."""

    def __init__(self) -> None:
        self.ns = 100

    def __call__(self) -> int:
        return self.ns


def timed() -> tuple[EndpointState, Latency, Clock]:
    state, clock = EndpointState(endpoint(1)), Clock()
    state.latency = latency = Latency(10**10, clock)
    return state, latency, clock


def test_what_an_answer_took_is_told_once() -> None:
    state, latency, clock = timed()
    lease = state.lease()
    clock.ns = 600
    lease.answered(200)
    clock.ns = 10_000
    lease.answered(200)
    lease.finish()
    assert latency.at(clock.ns) == pytest.approx(500)


def test_a_failure_and_a_refusal_are_held_against_the_endpoint() -> None:
    for end in (Lease.fail, lambda lease: lease.answered(503)):
        state, latency, clock = timed()
        end(state.lease())
        assert latency.at(clock.ns) == FAILURE_NS


def test_a_failure_after_the_answer_counts_too() -> None:
    state, latency, clock = timed()
    lease = state.lease()
    lease.answered(200)
    lease.fail()
    assert latency.at(clock.ns) == FAILURE_NS


def test_a_client_that_left_shows_how_long_it_takes_at_least() -> None:
    state, latency, clock = timed()
    lease = state.lease()
    clock.ns = 900
    lease.finish()
    assert latency.at(clock.ns) == 800


def test_a_lease_of_before_the_measuring_measures_nothing() -> None:
    state = EndpointState(endpoint(1))
    lease = state.lease()
    clock = Clock()
    state.latency = latency = Latency(10**10, clock)
    lease.answered(200)
    lease.finish()
    assert latency.at(clock.ns) == 0.0


def test_what_runs_is_counted_where_the_endpoint_is_counted_in() -> None:
    state, one, other = EndpointState(endpoint(1)), Running(), Running()
    before = state.lease()
    state.count_in(one)
    assert one.active == 1
    lease = state.lease()
    assert one.active == 2
    state.count_in(other)
    assert (one.active, other.active) == (0, 2)
    before.finish()
    lease.fail()
    assert other.active == 0
    state.count_in(None)
    state.lease()
    assert other.active == 0


def test_a_failure_after_a_long_wait_counts_for_more() -> None:
    state, latency, clock = timed()
    lease = state.lease()
    clock.ns += 4 * FAILURE_NS
    lease.fail()
    assert latency.at(clock.ns) == 8 * FAILURE_NS
