"""The PolicyTests of a configuration carried out: the result of each case, and the rules that none of them reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from config.documents import Finding, Located, label, placed
from config.load import Loaded
from config.problems import PathPart
from config.resources.metadata import unix_s
from config.resources.policy_test import PolicyCase, PolicyTest, SampleRequest
from config.snapshot import RuleName, Snapshot
from gateway.explain import explain
from gateway.explanation import Explanation
from gateway.policy_tests.judgement import Mismatch, judge
from gateway.question import BadQuestion, Question
from policies.environment import Environment


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: `place` is `file:line:column`, `told` what became of its request, None where it is no request."""

    place: str
    resource: str
    name: str
    request: str
    mismatches: tuple[Mismatch, ...]
    told: Explanation | None

    @property
    def passed(self) -> bool:
        """Whether all came as expected."""
        return not self.mismatches


@dataclass(frozen=True, slots=True)
class UnreachedRule:
    """A rule that serves and that no case reaches: `place` is `file:line:column`."""

    place: str
    route: str
    rule: str


@dataclass(frozen=True, slots=True)
class Report:
    """All results in the order of the files; `rules` is how many there are on listeners, reached or not."""

    results: tuple[CaseResult, ...]
    rules: int
    unreached: tuple[UnreachedRule, ...]

    @property
    def failed(self) -> int:
        """How many cases did not come as expected."""
        return sum(not result.passed for result in self.results)


def run_tests(loaded: Loaded, snapshot: Snapshot, environment: Environment) -> Report:
    """Every case on tables of its own, so that none is changed by another. `snapshot` is that of `loaded`."""
    results = tuple(
        _result(found, position, case, snapshot, environment)
        for found in loaded.located
        if isinstance(found.resource, PolicyTest)
        for position, case in enumerate(found.resource.spec.cases)
    )
    reached = {
        (taken.route, taken.rule)
        for result in results
        if result.told is not None and (taken := result.told.taken) is not None
    }
    rules = list(dict.fromkeys(_rules(snapshot)))
    located = {found.resource.key: found for found in loaded.located}
    unreached = tuple(
        UnreachedRule(_place(located[name.kind, name.namespace, name.name], ("spec", "rules", name.index)), *key)
        for name in rules
        if (key := _rule_key(name)) not in reached
    )
    return Report(results, len(rules), unreached)


def question_of(request: SampleRequest) -> Question:
    """`request` as `weir explain` asks it; raises BadQuestion for what cannot be one."""
    lines = [f"{header.name}: {header.value}" for header in request.headers]
    question = Question.of(request.method, request.url, lines, request.source or "")
    now_s = None if request.now is None else unix_s(request.now)
    return replace(question, now_s=now_s, draw=request.draw)


def _result(
    found: Located, position: int, case: PolicyCase, snapshot: Snapshot, environment: Environment
) -> CaseResult:
    namespace = found.resource.metadata.namespace
    told: Explanation | None = None
    try:
        told = explain(snapshot, question_of(case.request), {}, environment)
        mismatches = tuple(judge(case.expect, told, namespace, snapshot.backends))
    except BadQuestion as error:
        mismatches = (Mismatch("request", "a request", "none", str(error)),)
    place = _place(found, ("spec", "cases", position))
    request = f"{case.request.method} {case.request.url}"
    return CaseResult(place, label(found.resource), case.name, request, mismatches, told)


def _place(found: Located, path: tuple[PathPart, ...]) -> str:
    (problem,) = placed([Finding(found.origin.under(path), "")])
    return f"{problem.file}:{problem.line}:{problem.column}"


def _rules(snapshot: Snapshot) -> Iterator[RuleName]:
    for port in snapshot.ports:
        for listener in port.listeners:
            yield from (bound.rule.name for bound in listener.rules)


def _rule_key(name: RuleName) -> tuple[str, str]:
    return f"{name.kind} {name.namespace}/{name.name}", name.rule or str(name.index)
