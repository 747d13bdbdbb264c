"""What commands print: JSON for programs, tables for people, plain columns where the output is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum


class Output(StrEnum):
    """The choices of `--output`."""

    TEXT = "text"
    JSON = "json"


def write_json(value: object) -> None:
    """Print one JSON document."""
    import orjson

    data = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE)
    sys.stdout.write(data.decode())


def write_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "") -> None:
    """Print rows under their column names: a rich table on a terminal, else columns that `awk` and `grep` can take."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        table = Table(title=escape(title) or None, title_justify="left")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*map(escape, row))
        Console().print(table)
        return
    if title:
        sys.stdout.write(f"{title}\n")
    lines = [[column.upper() for column in columns], *([cell or "-" for cell in row] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        sys.stdout.write(f"{text.rstrip()}\n")
