"""The one error of a condition: what is wrong with it, where, and what would mend it."""

from __future__ import annotations


class ExpressionError(Exception):
    """A condition that is not taken.

    `column` is the character, from 1, at which `message` is meant; `suggestion` says what would mend it, "" where
    nothing can be said.
    """

    def __init__(self, message: str, column: int, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.suggestion = suggestion

    def __str__(self) -> str:
        return f"column {self.column}: {self.message}" + (f" ({self.suggestion})" if self.suggestion else "")
