"""The step that says which headers are logged."""

from __future__ import annotations

from policies.log_headers.step import compile_log_headers
from tests.support.subjects import environment, subject


def test_names_are_noted_once_in_lower_case() -> None:
    step = compile_log_headers(("Referer", "X-Api", "referer"), environment())
    assert step is not None
    asking = subject()
    step.decide(asking)
    assert asking.log_headers == (b"referer", b"x-api")


def test_no_names_ask_for_nothing() -> None:
    assert compile_log_headers((), environment()) is None
