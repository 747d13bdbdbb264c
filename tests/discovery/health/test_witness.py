"""What a worker tells of failures: rows at once, rates when asked."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from config.resources.backend_policy import OutlierDetection
from discovery.endpoint import Endpoint
from discovery.health.outlier import CAUSES
from discovery.health.witness import RowWitness
from discovery.lease import EndpointState
from tests.support.endpoints import endpoint

Told = list[tuple[str, str, str]]


def watched(**detection: int) -> tuple[EndpointState, Told, RowWitness]:
    """An endpoint, what is told of it, and who tells it; every bound is 3 unless it is given."""
    told: Told = []
    bounds = dict.fromkeys(("consecutive5xx", "consecutiveGatewayErrors", "consecutiveLocalFailures"), 3)
    spec = OutlierDetection.model_validate(bounds | detection)
    witness = RowWitness("d/b", spec, lambda *told_now: told.append(told_now))
    state = EndpointState(endpoint(1))
    state.witness = witness
    return state, told, witness


def use(state: EndpointState, *outcomes: int) -> None:
    """A request for each: its status, 0 for no answer, a negative one for an answer that broke off."""
    for status in outcomes:
        lease = state.lease()
        if status:
            lease.answered(abs(status))
        if status > 0:
            lease.finish()
        else:
            lease.fail()


@pytest.mark.parametrize(
    ("outcomes", "cause"),
    [
        ((500, 500, 500), "consecutive5xx"),
        ((500, 503, 500), "consecutive5xx"),
        ((500, 0, 500, 0, 500), "consecutive5xx"),
        ((502, 503, 504), "consecutiveGatewayErrors"),
        ((0, 0, 0), "consecutiveLocalFailures"),
        ((-200, -200, -200), "consecutiveLocalFailures"),
        ((500, 500, 200, 500, 500), ""),
        ((500, 500, 404, 500, 500), ""),
        ((0, 0, 200, 0, 0), ""),
        ((0, 0, 500, 0, 0), ""),
        ((-503, -503), ""),
    ],
)
def test_row_is_told_as_it_is_complete(outcomes: Sequence[int], cause: str) -> None:
    assert cause in ("", *CAUSES)
    state, told, _ = watched()
    use(state, *outcomes)
    assert told == ([("d/b", "e1", cause)] if cause else [])


def test_answer_that_was_given_up_for_its_status_counts_once() -> None:
    state, told, _ = watched()
    use(state, -503, -503, -503)
    assert told == [("d/b", "e1", "consecutiveGatewayErrors")]
    assert (state.failed, state.faults) == (3, 3)
    use(state, -429, -429, -429)
    assert len(told) == 1
    assert state.row_told == 0
    assert state.faults == 3


def test_row_that_goes_on_is_told_again_but_ever_more_rarely() -> None:
    state, told, _ = watched()
    lengths = []
    for length in range(1, 100):
        before = len(told)
        use(state, 500)
        lengths += [length] * (len(told) - before)
    assert lengths == [3, 6, 12, 24, 48, 96]
    use(state, 200, 500, 500, 500)
    assert len(told) == 7, "the next row is one of its own"
    use(state, *[0] * 6, 200, 0, 0, 0)
    assert [cause for _, _, cause in told[7:]] == ["consecutiveLocalFailures"] * 2


def test_bound_of_zero_is_off() -> None:
    state, told, _ = watched(consecutive5xx=0, consecutiveGatewayErrors=0, consecutiveLocalFailures=0)
    use(state, *[503] * 20, *[0] * 20)
    assert told == []


def test_endpoint_that_is_healthy_again_begins_without_a_row() -> None:
    state, told, _ = watched()
    use(state, 500, 500)
    state.update(Endpoint("e1", "127.0.0.1", 9001, healthy=False))
    state.update(endpoint(1))
    use(state, 500, 500)
    assert told == []
    state.update(endpoint(1, 7))
    use(state, 500)
    assert len(told) == 1


def test_rates_are_of_what_ended_since_the_last_time() -> None:
    state, _, witness = watched()
    other = EndpointState(endpoint(2))
    use(state, 200, 500, 0)
    running = state.lease()
    assert witness.count([state, other]) == {"e1": (3, 2)}
    assert witness.count([state, other]) == {}
    running.finish()
    use(state, 200)
    use(other, 502)
    assert witness.count([state, other]) == {"e1": (2, 0), "e2": (1, 1)}
    again = EndpointState(endpoint(1))
    use(again, 500)
    assert witness.count([again]) == {"e1": (1, 1)}, "another one of the same name"


def test_fault_that_is_seen_before_its_request_ended_is_not_more_than_there_are() -> None:
    state, _, witness = watched()
    early = state.lease()
    early.answered(500)
    assert witness.count([state]) == {}
    use(state, 500)
    assert witness.count([state]) == {"e1": (1, 1)}
    early.finish()
