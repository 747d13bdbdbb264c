"""Access by rules: the first whose condition holds decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from policies.step import Step
from policies.subject import Subject
from policies.verdict import Denial

if TYPE_CHECKING:
    from policies.environment import Condition


class RulesStep(Step):
    """Of `rules` (name, condition, whether it lets in); a request that none is about goes on.

    A rule that lets in only ends the rules: the other parts of `access` must agree as well.
    """

    name = "access.rules"
    __slots__ = ("_rules",)

    def __init__(self, rules: Sequence[tuple[str, Condition, bool]]) -> None:
        self._rules = tuple(rules)

    def decide(self, subject: Subject) -> Denial | None:
        """403, with the rule in the reason."""
        for name, condition, lets_in in self._rules:
            if condition.holds(subject):
                return None if lets_in else Denial(403, f"rule {name}")
        return None
