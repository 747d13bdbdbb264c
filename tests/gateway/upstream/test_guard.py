"""The breakers of a backend: one, or one for each endpoint; what the hot path reads, and what is counted."""

from __future__ import annotations

import pytest

from config.resources.backend_policy import CircuitBreaker
from gateway.hot.ledger import Ledger
from gateway.telemetry import metrics
from gateway.upstream.guard import Guard


def guard(per: str = "Backend", **more: object) -> tuple[Guard, Ledger]:
    failures = {"threshold": 2, "openFor": "5s", "halfOpenRequests": 1, "per": per}
    policy = CircuitBreaker.model_validate({"failures": failures, **more})
    ledger = Ledger.private()
    assert policy.failures is not None
    return Guard("shop/orders", policy, policy.failures, ledger), ledger


def fail(made: Guard, endpoint: str) -> None:
    for _ in range(2):
        made.observed(endpoint, 0, 100.0, failed=True)


def test_one_for_the_backend_counts_all_endpoints() -> None:
    made, ledger = guard()
    made.observed("a", 0, 100.0, failed=True)
    assert made.all_closed
    made.observed("b", 0, 100.0, failed=True)
    assert not made.all_closed
    assert made.admits("c", 101.0) == -1
    assert ledger.value(metrics.BREAKER_OPENINGS) == ledger.value(metrics.BREAKERS_OPEN) == 1
    assert made.describe() == {"": "open"}


def test_one_for_each_endpoint_leaves_the_others_alone() -> None:
    made, _ = guard("Endpoint")
    fail(made, "a")
    assert not made.all_closed
    assert (made.admits("a", 101.0), made.admits("b", 101.0)) == (-1, 0)


@pytest.mark.parametrize("per", ["Backend", "Endpoint"])
def test_a_probe_that_is_well_closes_it(per: str) -> None:
    made, ledger = guard(per)
    fail(made, "a")
    epoch = made.admits("a", 105.0)
    assert epoch > 0
    assert made.admits("a", 105.0) == -1
    made.observed("a", epoch, 105.1, failed=None)
    epoch = made.admits("a", 105.0)
    made.observed("a", epoch, 105.2, failed=False)
    assert made.all_closed
    assert made.admits("a", 106.0) == 0
    assert ledger.value(metrics.BREAKERS_OPEN) == 0


def test_who_is_refused_hears_when_to_come_again_and_gets_the_answer_that_is_told() -> None:
    made, ledger = guard(fallback={"response": {"status": 200, "body": "later"}})
    fail(made, "a")
    error = made.refusal(102.0)
    assert (error.status, error.retry_after_s) == (503, 3.0)
    assert error.answer is not None and (error.answer.status, error.answer.body) == (200, b"later")
    assert ledger.value(metrics.BREAKER_REFUSALS) == 1


def test_each_worker_counts_its_share_and_tells_the_others_of_what_it_opened_itself() -> None:
    told: list[tuple[str, str]] = []
    policy = CircuitBreaker.model_validate({"failures": {"threshold": 5, "openFor": "5s"}})
    assert policy.failures is not None
    one, other = (
        Guard("shop/orders", policy, policy.failures, Ledger.private(), 2, lambda *what: told.append(what))
        for _ in range(2)
    )
    for _ in range(2):
        one.observed("a", 0, 100.0, failed=True)
    assert one.all_closed
    one.observed("a", 0, 100.0, failed=True)
    assert told == [("shop/orders", "")]
    other.open_too("", 100.0)
    assert other.admits("a", 104.0) == -1
    assert told == [("shop/orders", "")]
    other.open_too("", 103.0)
    assert other.admits("a", 105.0) > 0


def test_an_endpoint_that_has_left_is_forgotten() -> None:
    made, ledger = guard("Endpoint")
    fail(made, "a")
    made.keep({"b"})
    assert made.all_closed and ledger.value(metrics.BREAKERS_OPEN) == 0
    assert made.admits("a", 101.0) == 0


def test_a_breaker_that_goes_is_no_longer_counted_as_open() -> None:
    made, ledger = guard()
    fail(made, "a")
    made.retire()
    assert ledger.value(metrics.BREAKERS_OPEN) == 0
