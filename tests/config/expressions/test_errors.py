"""An error of a condition reads as one line."""

from __future__ import annotations

from config.expressions.errors import ExpressionError


def test_an_error_says_where_what_and_what_mends_it() -> None:
    assert str(ExpressionError("no", 3, "yes")) == "column 3: no (yes)"
    assert str(ExpressionError("no", 3)) == "column 3: no"
