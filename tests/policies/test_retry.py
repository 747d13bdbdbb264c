"""When a request that failed may be sent again."""

from __future__ import annotations

import pytest

from policies.retry import MAX_CONNECT_ATTEMPTS, MAX_RESENDS, may_connect_elsewhere, may_resend


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
