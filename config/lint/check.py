"""The checks of lint by name; alone, so that a command line that names them loads nothing else."""

from __future__ import annotations

from enum import StrEnum


class Check(StrEnum):
    """What is looked for."""

    SHADOWED_RULE = "shadowed-rule"
    CATCH_ALL = "catch-all"
    REGEX_IS_PREFIX = "regex-is-prefix"
    UNREACHABLE_WEIGHT = "unreachable-weight"
    UNUSED_BACKEND = "unused-backend"
    POLICY_WITHOUT_TARGET = "policy-without-target"
    ENDED_STEERING = "ended-steering"
