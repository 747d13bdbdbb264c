"""Files of credentials: a line `name:value` each, as htpasswd writes them; read strictly, every bad line reported."""

from __future__ import annotations

from collections.abc import Iterator

MAX_ENTRIES = 100_000
MAX_NAME_CHARACTERS = 255
_SHOWN_PROBLEMS = 8


class Problems:
    """What is wrong with a file, line by line."""

    __slots__ = ("_lines",)

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, line: int, message: str) -> None:
        """Note what is wrong on `line`, counted from 1."""
        self._lines.append(f"line {line}: {message}")

    def check(self) -> None:
        """Raise ValueError with all of it, where there is any; of very many the first."""
        if self._lines:
            rest = len(self._lines) - _SHOWN_PROBLEMS
            more = [f"and {rest} more"] if rest > 0 else []
            raise ValueError("; ".join([*self._lines[:_SHOWN_PROBLEMS], *more]))


def entries(text: bytes, problems: Problems) -> Iterator[tuple[int, str, str]]:
    """Line number, name and value of each entry; empty lines and those that begin with `#` are passed over.

    Lines without a colon, with a name that is empty, too long or not printable, and names that were there before go to
    `problems`, as does what is not UTF-8.
    """
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        problems.add(text.count(b"\n", 0, error.start) + 1, "not UTF-8")
        return
    first_line: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        entry = line.removesuffix("\r")
        if not entry or entry.startswith("#"):
            continue
        name, colon, value = entry.partition(":")
        if not colon:
            problems.add(number, "no `name:` at its beginning")
        elif not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
            problems.add(number, f"a name that is empty, over {MAX_NAME_CHARACTERS} characters or not printable")
        elif name in first_line:
            problems.add(number, f"{name} is on line {first_line[name]} already")
        elif len(first_line) == MAX_ENTRIES:
            problems.add(number, f"more than {MAX_ENTRIES} entries")
            return
        else:
            first_line[name] = number
            yield number, name, value
