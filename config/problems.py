"""One thing that is wrong with the configuration, where it is, and how it is shown."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import orjson

Severity = Literal["error", "warning"]
PathPart = str | int


@dataclass(frozen=True, slots=True)
class Problem:
    """A defect with its place.

    `line` and `column` count from 1; 0 where the whole file is meant. `path` is the path in the document, such as
    `spec.rules[0].matches[1].path.value`, with the resource in front of it in `resource` (`HTTPRoute shop/orders`).
    `suggestion` says what would mend it, "" where nothing can be said. An error keeps a set from being applied, a
    warning does not.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    suggestion: str = ""
    severity: Severity = "error"
    resource: str = ""

    def __str__(self) -> str:
        """One line: `file:line:col: error: HTTPRoute shop/orders: spec.rules[0]: message (suggestion)`."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        parts = [place, self.severity, *(part for part in (self.resource, self.path) if part), self.message]
        return ": ".join(parts) + (f" ({self.suggestion})" if self.suggestion else "")


def join_path(parts: Iterable[PathPart]) -> str:
    """`("spec", "rules", 0, "name")` as `spec.rules[0].name`; a name with a dot or blank in it goes in quotes."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part and all(letter.isalnum() or letter in "_-$" for letter in part):
            path += f".{part}" if path else part
        else:
            path += f'["{part}"]'
    return path


def nearest(name: str, valid: Iterable[str]) -> str:
    """`did you mean X?` for the valid name closest to `name`, without regard to case; "" where none is close."""
    by_lower = {candidate.lower(): candidate for candidate in valid}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f'did you mean "{by_lower[found[0]]}"?' if found else ""


def errors_among(problems: Iterable[Problem]) -> list[Problem]:
    """Those that keep the set from being applied."""
    return [problem for problem in problems if problem.severity == "error"]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file, line and column, each once."""
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda problem: (problem.file, problem.line, problem.column, problem.path))


def render_text(problems: Sequence[Problem]) -> str:
    """One line per problem and a count at the end; "" where there are none."""
    if not problems:
        return ""
    errors = len(errors_among(problems))
    warnings = len(problems) - errors
    counts = [
        f"{count} {word}{'s' if count > 1 else ''}"
        for count, word in ((errors, "error"), (warnings, "warning"))
        if count
    ]
    return "\n".join([*(str(problem) for problem in problems), ", ".join(counts)]) + "\n"


def render_json(problems: Sequence[Problem]) -> bytes:
    """A JSON array of objects with the fields of Problem."""
    return orjson.dumps(list(problems), option=orjson.OPT_INDENT_2)
