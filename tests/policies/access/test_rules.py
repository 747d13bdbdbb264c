"""Access by rules: which of them decides, and what its refusal tells."""

from __future__ import annotations

import pytest

from policies.access.rules import RulesStep
from policies.verdict import Denial
from tests.support.subjects import TagIs, subject

STAFF = ("staff", TagIs("role=staff"), True)
BLOCKED = ("blocked", TagIs("blocked=yes"), False)
OTHERS = ("others", TagIs("role=guest"), False)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"role": "guest"}, "rule others"),
        ({"role": "guest", "blocked": "yes"}, "rule blocked"),
        # The first that holds decides, whatever those after it say.
        ({"role": "staff", "blocked": "yes"}, ""),
        # A request that no rule is about goes on.
        ({}, ""),
    ],
)
def test_the_first_rule_that_holds_decides(tags: dict[str, str], reason: str) -> None:
    asking = subject()
    asking.tags.update(tags)
    verdict = RulesStep([STAFF, BLOCKED, OTHERS]).decide(asking)
    if not reason:
        assert verdict is None
    else:
        assert isinstance(verdict, Denial)
        assert (verdict.status, verdict.reason, verdict.lines) == (403, reason, ())
