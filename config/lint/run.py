"""All that lint looks for in a loaded configuration, with places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from config.documents import Finding, label, placed
from config.lint import precedence, usage
from config.lint.advice import Advice
from config.lint.check import Check
from config.load import Loaded
from config.problems import Problem
from config.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class PlacedAdvice:
    """An advice with file, line and column: `problem.suggestion` is the mend."""

    check: Check
    problem: Problem

    def __str__(self) -> str:
        """One line: `file:line:col: shadowed-rule: HTTPRoute shop/orders: spec.rules[0]: message (mend)`."""
        problem = self.problem
        place = f"{problem.file}:{problem.line}:{problem.column}"
        words = f"{problem.resource}: {problem.path}: {problem.message} ({problem.suggestion})"
        return f"{place}: {self.check}: {words}"


def lint(loaded: Loaded, snapshot: Snapshot, now_s: float, skipped: Sequence[Check] = ()) -> list[PlacedAdvice]:
    """What is found at unix time `now_s`, in order of file and line; `snapshot` is that of `loaded`."""
    resources = loaded.resources
    by_key = {resource.key: resource for resource in resources}
    advices: list[Advice] = [
        *precedence.shadowed(snapshot, by_key),
        *precedence.catch_alls(snapshot, by_key),
        *precedence.regexes(snapshot, by_key),
        *usage.weights(resources),
        *usage.backends(resources),
        *usage.policies(resources, snapshot),
        *usage.steering(resources, now_s),
    ]
    advices = [advice for advice in advices if advice.check not in skipped]
    origins = {located.resource.key: located.origin for located in loaded.located}
    findings = [
        Finding(
            origins[advice.resource.key].under(advice.path),
            advice.message,
            advice.mend,
            "warning",
            label(advice.resource),
        )
        for advice in advices
    ]
    found = [PlacedAdvice(advice.check, problem) for advice, problem in zip(advices, placed(findings), strict=True)]
    return sorted(found, key=lambda each: (each.problem.file, each.problem.line, each.problem.column, each.check))
