"""Tests of the check of answers, against a server that lies when it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.answer_check import WrongAnswer, check_answers, check_load
from benchmarks.http_client import Answer
from benchmarks.wrk import LoadReport
from tests.benchmarks.support import QuietHandler, serving

GOOD = LoadReport(
    requests=100, seconds=1.0, answer_bytes=20_000, not_2xx=0, socket_errors=0, p50_ms=1, p99_ms=1, p999_ms=1
)


@contextmanager
def server(status: int, body: bytes, lie_after: int) -> Iterator[int]:
    """Answers rightly, and from the answer of that number on with 502."""
    served = 0

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802 -- what http.server calls
            nonlocal served
            served += 1
            self.answer(status if served <= lie_after else 502, body)

    with serving(Handler) as port:
        yield port


def test_right_answers_pass() -> None:
    with server(200, b"yes", lie_after=10_000) as port:
        check_answers(port, "a", "/", {"X-Y": "z"}, Answer(200, b"yes"))


def test_one_502_among_hundreds_is_found() -> None:
    with server(200, b"yes", lie_after=150) as port, pytest.raises(WrongAnswer, match="502"):
        check_answers(port, "a", "/", {}, Answer(200, b"yes"))


def test_another_body_is_found() -> None:
    with server(200, b"yes", lie_after=10_000) as port, pytest.raises(WrongAnswer, match="3 bytes"):
        check_answers(port, "a", "/", {}, Answer(200, b"YES"))


def test_nobody_there_is_no_right_answer() -> None:
    with server(200, b"yes", lie_after=1) as port:
        pass
    with pytest.raises(WrongAnswer, match="no answer"):
        check_answers(port, "a", "/", {}, Answer(200, b"yes"))


def test_load_without_failures_passes() -> None:
    check_load(GOOD, least_bytes=60)


@pytest.mark.parametrize(
    ("bad", "said"),
    [({"not_2xx": 1}, "1 of 100"), ({"socket_errors": 2}, "2 connections"), ({"answer_bytes": 5_000}, "50 bytes")],
)
def test_load_with_failures_is_wrong(bad: dict[str, int], said: str) -> None:
    fields = {name: getattr(GOOD, name) for name in LoadReport.__slots__}
    with pytest.raises(WrongAnswer, match=said):
        check_load(LoadReport(**{**fields, **bad}), least_bytes=60)
