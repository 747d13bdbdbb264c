"""The count of what runs on an endpoint."""

from __future__ import annotations

from discovery.lease import EndpointState
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
