"""One thing that is hardly meant, where it is, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

from config.lint.check import Check
from config.problems import PathPart
from config.resources.resource import Resource


@dataclass(frozen=True, slots=True)
class Advice:
    """`path` leads to the place within `resource`; `mend` says what to do."""

    check: Check
    resource: Resource
    path: tuple[PathPart, ...]
    message: str
    mend: str
