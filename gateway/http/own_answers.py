"""Answers of Weir's own to one exchange: what its policies, its redirect and its errors say, as the client gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.errors import Origin, Refused
from gateway.http.reply import answer_reply, error_reply, redirect_reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.errors import WeirError
    from gateway.http.exchange import Exchange
    from policies.chain import WeightedPlan
    from policies.verdict import Answer


def policy_answer(exchange: Exchange, answer: Answer) -> bytes:
    """That of a policy in the backend's place."""
    service = exchange.downstream.service
    return answer_reply(
        answer.status,
        (*answer.lines, *_policy_lines(exchange)),
        answer.body,
        server=service.settings.server,
        date=service.date_line(),
        request_id=exchange.request_id,
        close=not exchange.keep_alive,
        bodiless=exchange.head.method == b"HEAD",
    )


def error_answer(exchange: Exchange, error: WeirError) -> bytes:
    """That of an error, on the page that a policy gives for its status."""
    service, subject = exchange.downstream.service, exchange.subject
    lines = [*_policy_lines(exchange)]
    if exchange.tries is not None and error.origin is Origin.UPSTREAM:
        lines.append(exchange.tries.attempt_line())
    return error_reply(
        error,
        server=service.settings.server,
        date=service.date_line(),
        request_id=exchange.request_id,
        close=not exchange.keep_alive,
        bodiless=exchange.head.method == b"HEAD",
        added=(*error.lines, *lines) if isinstance(error, Refused) else lines,
        page=None if subject is None else subject.error_pages.get(error.status),
    )


def redirect_target(exchange: Exchange, choice: WeightedPlan) -> tuple[int, bytes]:
    """Status and `location` of the redirect of `choice`, which has one."""
    downstream, head, plan = exchange.downstream, exchange.head, exchange.plan
    assert choice.redirect is not None and plan is not None
    return choice.redirect.location(
        downstream.scheme, head.authority, downstream.local_port, head.path, head.query, plan.matched
    )


def redirect_answer(exchange: Exchange, choice: WeightedPlan, status: int, location: bytes) -> bytes:
    """That of a redirect."""
    service = exchange.downstream.service
    return redirect_reply(
        status,
        location,
        server=service.settings.server,
        date=service.date_line(),
        request_id=exchange.request_id,
        close=not exchange.keep_alive,
        added=[choice.response_extra, *_policy_lines(exchange)],
        dropped=choice.response_drop,
    )


def _policy_lines(exchange: Exchange) -> Sequence[bytes]:
    """What policies add to an answer of Weir's own, as to one of the endpoint's."""
    subject = exchange.subject
    return () if subject is None else [*subject.response_lines, *(line for _, line in subject.response_absent)]
