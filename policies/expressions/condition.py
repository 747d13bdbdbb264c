"""The way in: from the text of a condition to what is asked about each request."""

from __future__ import annotations

from config.expressions.check import check
from policies.expressions.library import Evaluated
from policies.expressions.lowering import lower
from policies.expressions.predicates import Condition


def compile_condition(text: str) -> Condition:
    """`text` as a Condition: compiled predicates where it is of the simple forms, else a program of the library.

    Raises config.expressions.errors.ExpressionError, as `check` does when a file is loaded.
    """
    checked = check(text)
    lowered = lower(checked.root)
    predicate = lowered if lowered is not None else Evaluated(checked)
    return Condition(text, checked.needs, predicate, is_lowered=lowered is not None)
