"""The policies of a plan asked about a request that is explained and not served: by the very steps that serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.explanation import Said
from policies.step import Step
from policies.subject import Subject
from policies.tags.passing import BAGGAGE, pass_on
from policies.verdict import Answer, Ask, Delay, Denial, Verdict

GOES_ON = "lets it go on"


@dataclass(frozen=True, slots=True)
class Trace:
    """What each step said in turn, and the verdict that ended it; None where the request goes on to a backend."""

    said: tuple[Said, ...]
    verdict: Verdict | None


def trace(steps: Sequence[Step], subject: Subject) -> Trace:
    """Ask all `steps`, or up to the first that does not let `subject` go on; a delay is told and not waited for.

    A step that must know something of the world first ends the trace: nothing is asked on behalf of an explanation.
    """
    said: list[Said] = []
    for step in steps:
        steered = subject.steered
        verdict = step.decide(subject)
        words = subject.steered.words if subject.steered is not None and steered is None else verdict_words(verdict)
        said.append(Said(policy=step.name, said=words))
        if verdict is not None and not isinstance(verdict, Delay):
            return Trace(tuple(said), verdict)
    refusal = pass_on(subject)
    if refusal is not None:
        said.append(Said(policy=BAGGAGE, said=verdict_words(refusal)))
    return Trace(tuple(said), refusal)


def verdict_words(verdict: Verdict | None) -> str:
    """What became of the request by a verdict, in words."""
    if isinstance(verdict, Denial):
        return f"refuses it with {verdict.status}: {verdict.reason}"
    if isinstance(verdict, Answer):
        return f"answers it with {verdict.status}"
    if isinstance(verdict, Delay):
        return f"holds it up for {verdict.seconds:g} s"
    if isinstance(verdict, Ask):
        return f"must know more than the request says ({type(verdict.question).__name__})"
    return GOES_ON
