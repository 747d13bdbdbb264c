"""When a request that failed may be sent again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.snapshot import RouteRetry
from policies.retry import (
    JITTER,
    MAX_BACKOFF_S,
    MAX_CONNECT_ATTEMPTS,
    MAX_RESENDS,
    RetryPlan,
    may_connect_elsewhere,
    may_resend,
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
    plan = RetryPlan(RouteRetry((503,), 100, backoff_s))
    delay_s = plan.delay_s(number, draw)
    assert backoff_s <= delay_s <= max(backoff_s, MAX_BACKOFF_S) * (1.0 + JITTER)
    assert plan.delay_s(number + 1, 0.0) >= plan.delay_s(number, 0.0)
