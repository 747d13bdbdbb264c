"""A step on trial: what it would refuse goes on, and is noted."""

from __future__ import annotations

from policies.step import Step
from policies.subject import Subject
from policies.verdict import Denial, Verdict


class DryRun(Step):
    """Does all that `step` does but refuse: `subject.would_deny` gets its name and the reason instead."""

    name = "access.dryRun"
    __slots__ = ("step",)

    def __init__(self, step: Step) -> None:
        self.step = step

    def decide(self, subject: Subject) -> Verdict | None:
        """What the step says, None for a Denial."""
        return self._noted(subject, self.step.decide(subject))

    def resume(self, subject: Subject, answer: object) -> Verdict | None:
        """As `decide`."""
        return self._noted(subject, self.step.resume(subject, answer))

    def _noted(self, subject: Subject, verdict: Verdict | None) -> Verdict | None:
        if not isinstance(verdict, Denial):
            return verdict
        subject.would_deny.append((self.step.name, verdict.reason))
        return None
