"""Tests of the simulated gateway: what it does around Weir's own parts."""

from __future__ import annotations

from random import Random

from benchmarks.simulation.calls import Call
from benchmarks.simulation.events import SECOND_NS, Events
from benchmarks.simulation.fleet import endpoint_set, members, plan
from benchmarks.simulation.gateways import Gateway
from benchmarks.simulation.scenarios.retry_storm import retries
from policies.retry import RetryPlan


class Answering:
    """An endpoint with one answer, 0 for none; `again` is what requests said."""

    def __init__(self, status: int, *, tried: bool = False) -> None:
        self.status = status
        self.tried = tried
        self.again: list[bool] = []

    def take(self, call: Call, key: bytes | None, *, again: bool) -> None:
        self.again.append(again)
        if self.status:
            call.answered(self.status, tried=self.tried)
        else:
            call.refused()


class Heard:
    """Keeps the answers."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bool]] = []

    def answered(self, status: int, *, tried: bool) -> None:
        self.answers.append((status, tried))

    def refused(self) -> None:
        raise AssertionError


def sent(
    targets: list[Answering], retry: RetryPlan | None, *, count: int = 1, again: bool = False
) -> tuple[Gateway, Heard]:
    """So many requests, one after the other; the gateway has the usual ejection."""
    events = Events()
    endpoints = members(len(targets))
    by_id = {each.id: target for each, target in zip(endpoints, targets, strict=True)}
    gateway = Gateway(events, Random(1), plan({"outlierDetection": {}}), by_id, retry=retry)
    gateway.tell(endpoint_set(endpoints))
    heard = Heard()
    for _ in range(count):
        gateway.take(heard, None, again=again)
        events.run_until(events.now_ns + SECOND_NS)
    return gateway, heard


def test_failure_goes_to_another_endpoint_with_a_mark() -> None:
    targets = [Answering(503), Answering(200), Answering(503)]
    gateway, heard = sent(targets, retries(20.0), count=3)
    assert heard.answers == [(200, False)] * 3
    assert targets[1].again.count(True) >= 1
    assert gateway.seen.retries == sum(each.again.count(True) for each in targets)
    assert all(state.active == 0 for state in gateway.backend.view.states)


def test_answer_that_was_tried_again_and_request_that_is_a_try_are_left_alone() -> None:
    passed = [Answering(503, tried=True)]
    _, heard = sent(passed, retries(20.0))
    assert heard.answers == [(503, True)] and passed[0].again == [False]
    marked = [Answering(503)]
    _, heard = sent(marked, retries(20.0), again=True)
    assert heard.answers == [(503, True)] and marked[0].again == [True]


def test_refused_connections_are_tried_again_or_become_502() -> None:
    _, heard = sent([Answering(0), Answering(200)], retries(20.0), count=4)
    assert [status for status, _ in heard.answers] == [200] * 4
    _, heard = sent([Answering(0)], None)
    assert heard.answers == [(502, False)]


def test_endpoint_that_fails_in_a_row_is_ejected_and_comes_back() -> None:
    targets = [Answering(503), Answering(200)]
    gateway, heard = sent(targets, None, count=20)
    assert [status for status, _ in heard.answers].count(503) == len(targets[0].again) == 5
    assert gateway.ejected == 1
    gateway.events.run_until(gateway.events.now_ns + 30 * SECOND_NS)
    assert gateway.ejected == 0
    assert all(state.endpoint.healthy for state in gateway.backend.view.states)


def test_weights_of_new_endpoints_grow() -> None:
    events = Events()
    gateway = Gateway(events, Random(1), plan({"slowStart": {"window": "10s"}}), {})
    gateway.tell(endpoint_set(members(1)))
    events.run_until(SECOND_NS)
    gateway.tell(endpoint_set(members(2)))
    weights = []
    for _ in range(3):
        old, new = (state.weight for state in gateway.backend.view.states)
        weights.append(new / old)
        events.run_until(events.now_ns + 5 * SECOND_NS + SECOND_NS // 10)
    assert weights == [0.1, 0.5, 1.0]
