"""When a request that failed may be sent again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.resources.traffic_policy import Retry
from config.snapshot import RouteRetry
from policies.retry import (
    JITTER,
    MAX_ATTEMPT_NUMBER,
    MAX_BACKOFF_S,
    MAX_CONNECT_ATTEMPTS,
    MAX_RESENDS,
    Failure,
    RetryPlan,
    attempt_number,
    may_connect_elsewhere,
    may_resend,
    retry_after_s,
)


def resend(
    method: bytes = b"GET",
    *,
    reused: bool = True,
    answer_begun: bool = False,
    replayable: bool = True,
    resends: int = 0,
) -> bool:
    return may_resend(method, reused=reused, answer_begun=answer_begun, replayable=replayable, resends=resends)


def test_a_stale_connection_costs_an_idempotent_request_nothing() -> None:
    assert resend()
    assert resend(b"PUT")


@pytest.mark.parametrize("method", [b"POST", b"PATCH", b"CONNECT", b"get"])
def test_what_might_be_done_twice_is_not_sent_twice(method: bytes) -> None:
    assert not resend(method)


def test_each_condition_alone_forbids_it() -> None:
    assert not resend(reused=False)
    assert not resend(answer_begun=True)
    assert not resend(replayable=False)
    assert not resend(resends=MAX_RESENDS)


def test_failed_connections_are_bounded() -> None:
    assert may_connect_elsewhere(MAX_CONNECT_ATTEMPTS - 1)
    assert not may_connect_elsewhere(MAX_CONNECT_ATTEMPTS)


@given(st.floats(0.001, 60.0), st.integers(1, 100), st.floats(0.0, 1.0, exclude_max=True))
def test_a_wait_is_never_shorter_than_the_route_says_and_bounded(backoff_s: float, number: int, draw: float) -> None:
    plan = RetryPlan.of_route(RouteRetry((503,), 100, backoff_s))
    delay_s = plan.delay_s(number, draw)
    assert backoff_s <= delay_s <= max(backoff_s, MAX_BACKOFF_S) * (1.0 + JITTER)
    assert plan.delay_s(number + 1, 0.0) >= plan.delay_s(number, 0.0)


def policy(**fields: object) -> RetryPlan:
    return RetryPlan.of_policy(Retry.model_validate(fields))


@given(st.integers(1, 100), st.floats(0.0, 1.0, exclude_max=True))
def test_a_policy_draws_its_waits_from_the_whole_of_what_they_may_be(number: int, draw: float) -> None:
    plan = policy(backoff={"base": "25ms", "max": "250ms"})
    assert plan.delay_s(number, 0.0) == 0.0
    assert plan.delay_s(number, draw) == pytest.approx(draw * min(0.025 * 2.0 ** (number - 1), 0.25))


@pytest.mark.parametrize(
    ("on", "statuses", "failures"),
    [
        ("connect-failure", set(), {Failure.CONNECT}),
        ("refused-stream", set(), {Failure.REFUSED}),
        ("reset", set(), {Failure.RESET}),
        ("timeout", set(), {Failure.TIMEOUT}),
        ("gateway-error", {502, 503, 504}, set(Failure)),
        ("5xx", set(range(500, 600)), set(Failure)),
        ("retriable-4xx", {409}, set()),
    ],
)
def test_each_condition_names_its_answers_and_failures(on: str, statuses: set[int], failures: set[Failure]) -> None:
    plan = policy(on=[on])
    assert {status for status in range(100, 600) if plan.takes_answer(status, None)} == statuses
    assert plan.failures == failures


@pytest.mark.parametrize(
    ("on", "code"),
    [
        ("grpc-cancelled", b"1"),
        ("grpc-deadline-exceeded", b"4"),
        ("grpc-resource-exhausted", b"8"),
        ("grpc-internal", b"13"),
        ("grpc-unavailable", b"14"),
    ],
)
def test_calls_are_told_by_their_own_status(on: str, code: bytes) -> None:
    plan = policy(on=[on])
    assert plan.takes_answer(200, code)
    assert not plan.takes_answer(200, b"0")
    assert not plan.takes_answer(503, None)


def test_statuses_that_are_listed_are_taken_beside_the_conditions() -> None:
    plan = policy(on=["reset"], codes=[429])
    assert plan.takes_answer(429, None)
    assert not plan.takes_answer(503, None)


def test_a_method_that_may_not_be_repeated_is_only_where_the_policy_says_so() -> None:
    assert not policy().may_repeat(b"POST")
    assert policy(nonIdempotent=True).may_repeat(b"POST")
    assert policy().may_repeat(b"PUT")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"3", 3.0),
        (b" 0 ", 0.0),
        (b"99999999999999999999", 999999999.0),
        (b"Sun, 06 Nov 1994 08:49:37 GMT", 37.0),
        (b"Sun, 06 Nov 1994 08:48:00 GMT", 0.0),
        (b"soon", None),
        (b"-1", None),
        (b"", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: bytes | None, seconds: float | None) -> None:
    assert retry_after_s(value, 784_111_740.0) == seconds


@given(st.binary(max_size=12))
def test_a_number_of_a_try_is_always_a_sound_one(value: bytes) -> None:
    assert 1 <= attempt_number(value) <= MAX_ATTEMPT_NUMBER
    retry_after_s(value, 0.0)


def test_the_number_of_a_try_is_read() -> None:
    assert [attempt_number(value) for value in (b"2", b"17", b"0", b"+2", b"", None)] == [2, 17, 1, 1, 1, 1]
