"""What stands for a part of access that this version does not carry out: nobody gets in past it."""

from __future__ import annotations

from policies.step import Step
from policies.subject import Subject
from policies.verdict import Denial


class ClosedStep(Step):
    """Refuses everybody for the policy `name`, as its `field` is not looked at."""

    __slots__ = ("_denial", "name")

    def __init__(self, name: str, field: str) -> None:
        self.name = name
        self._denial = Denial(500, f"{field} is not carried out by this version")

    def decide(self, subject: Subject) -> Denial:
        """500: it is the configuration that asks for too much, not the client."""
        del subject
        return self._denial
