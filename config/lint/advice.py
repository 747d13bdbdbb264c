"""One thing that is hardly meant, where it is, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from config.problems import PathPart
from config.resources.resource import Resource


class Check(StrEnum):
    """What is looked for."""

    SHADOWED_RULE = "shadowed-rule"
    CATCH_ALL = "catch-all"
    REGEX_IS_PREFIX = "regex-is-prefix"
    UNREACHABLE_WEIGHT = "unreachable-weight"
    UNUSED_BACKEND = "unused-backend"
    POLICY_WITHOUT_TARGET = "policy-without-target"


@dataclass(frozen=True, slots=True)
class Advice:
    """`path` leads to the place within `resource`; `mend` says what to do."""

    check: Check
    resource: Resource
    path: tuple[PathPart, ...]
    message: str
    mend: str
