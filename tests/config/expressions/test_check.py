"""The whole check of a condition."""

from __future__ import annotations

import pytest

from config.expressions.check import check
from config.expressions.errors import ExpressionError


def test_a_condition_says_what_it_needs() -> None:
    checked = check('request.headers["x-beta"] == "1" || source.claims.admin == true && has(tags.lane)')
    assert checked.needs == {"request.headers", "source.claims", "tags"}
    assert (checked.uses_tags, checked.uses_claims, checked.uses_now) == (True, True, False)
    assert check("now.getHours() > 5").uses_now


def test_a_claim_may_be_the_condition() -> None:
    assert check("source.claims.admin").needs == {"source.claims"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("request.path", "the expression is string, and must be bool"),
        ("source.port", "the expression is int, and must be bool"),
        ("tags", "the expression is map\\(string, string\\), and must be bool"),
        ("request.headers.all(a, request.headers.all(b, a == b))", "could cost"),
        ("a ==", "is expected"),
    ],
)
def test_what_is_no_condition_is_refused_each_time(text: str, message: str) -> None:
    for _ in range(2):
        with pytest.raises(ExpressionError, match=message):
            check(text)


def test_the_same_text_is_worked_out_once() -> None:
    assert check("source.port == 1") is check("source.port == 1")
