"""Configurations of the programs, files with `@name` or `@{name}` where a value goes."""

from __future__ import annotations

from pathlib import Path
from string import Template

FOLDER = Path(__file__).resolve().parent


class ConfigTemplate(Template):
    """Marked with `@`, as nginx writes `$`, and HAProxy `%`, in earnest. A real `@` is written `@@`."""

    delimiter = "@"


def rendered(name: str, **values: str | int) -> str:
    """The file `name` of this package with the values in place. Raises KeyError where it wants one more."""
    return ConfigTemplate((FOLDER / name).read_text(encoding="utf-8")).substitute(values)
