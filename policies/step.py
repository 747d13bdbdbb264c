"""One policy of a route, compiled: the thing that a chain is a sequence of."""

from __future__ import annotations

from policies.subject import Subject
from policies.verdict import Verdict


class Step:
    """Decides on one request after another; what it is configured with is worked out when it is made."""

    name = ""
    """As in `policies.registry.ORDER`."""

    __slots__ = ()

    def decide(self, subject: Subject) -> Verdict | None:
        """None lets the request go on."""
        raise NotImplementedError

    def resume(self, subject: Subject, answer: object) -> Verdict | None:
        """What follows from `answer` to the question of an `Ask` that this step gave for `subject`."""
        raise NotImplementedError
