"""A rule compiled into flat plans: what is worked out once per reload, so that a request only follows it.

A policy that is not configured leaves an empty set, an empty tuple or None, which costs one test.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from config.snapshot import (
    CORS,
    ExternalAuth,
    Filter,
    Match,
    Mirror,
    Redirect,
    RequestHeaders,
    ResponseHeaders,
    Rewrite,
    RouteTimeouts,
    Rule,
    RuleName,
    Unsupported,
    WeightedBackend,
)
from policies.cors.step import CORSStep
from policies.headers import fold
from policies.mirror import Mirror as MirrorPlan
from policies.redirect import Redirect as RedirectPlan
from policies.rendezvous import Rendezvous
from policies.retry import RetryPlan
from policies.rewrite import Rewrite as RewritePlan
from policies.split import Split
from policies.step import Step
from policies.timeouts import Timeouts, timeouts_of

if TYPE_CHECKING:
    from random import Random

    from policies.subject import Subject

NO_SHARE = WeightedBackend(None, 1, (), "all backendRefs of the rule have weight 0")


class WeightedPlan:
    """What is done with the share of the traffic that one backendRef gets; compared by identity.

    `backend` names the backend, or is None with the `problem` that makes the answer a 500. `*_drop` are lower-case
    names, `*_extra` whole header lines; `response_drop_via` is for when Weir writes `via` itself. `filters` are those
    that all of it was made of, the rule's before the backendRef's. `cors` is that of the backendRef, None where it has
    none; that of the rule is a step of the plan. `steps`, of its policies and of filters that ask a server, are asked
    behind it, once the backendRef was chosen.
    """

    __slots__ = (
        "backend",
        "cors",
        "filters",
        "mirrors",
        "problem",
        "redirect",
        "request_drop",
        "request_extra",
        "response_drop",
        "response_drop_via",
        "response_extra",
        "rewrite",
        "steps",
        "weight",
    )

    def __init__(self, share: WeightedBackend, filters: Sequence[Filter], steps: tuple[Step, ...] = ()) -> None:
        """`filters` are the rule's, then the backendRef's; `steps` those of the policies that its filters name."""
        self.backend = share.backend
        self.weight = share.weight
        self.problem = share.problem
        self.filters = tuple(filters)
        self.cors = _cors(share.filters)
        self.steps = _with_asking(steps, share.filters)
        request = fold(filter_.edit for filter_ in filters if isinstance(filter_, RequestHeaders))
        response = fold(filter_.edit for filter_ in filters if isinstance(filter_, ResponseHeaders))
        self.request_drop = request.drop
        self.request_extra = request.lines
        self.response_drop = response.drop
        self.response_drop_via = response.drop | {b"via"}
        self.response_extra = response.lines
        self.redirect: RedirectPlan | None = None
        self.rewrite = RewritePlan(request.host, None) if request.host else None
        mirrors: list[MirrorPlan] = []
        for filter_ in filters:
            if isinstance(filter_, Redirect):
                self.redirect = RedirectPlan(filter_)
            elif isinstance(filter_, Rewrite):
                self.rewrite = RewritePlan.of(filter_)
                if not self.rewrite.host:
                    self.rewrite.host = request.host
            elif isinstance(filter_, Mirror):
                mirrors.append(MirrorPlan(filter_))
            elif isinstance(filter_, Unsupported):
                # Gateway API: traffic of a filter that is not carried out must not pass as if it were not there.
                self.backend = None
                self.problem = f"filter {filter_.type} {filter_.why}"
        self.mirrors = tuple(mirrors)


class Plan:
    """One match of one rule: `name` labels metrics and logs, `matched` is the path or prefix that was asked for.

    `method` is the one that the match names, b"" where any will do. `steps` are the policies that a request passes
    before a backendRef is chosen, with the rule's CORS filter at their head. Plans of one rule share its split of the
    traffic. `tenant` is the name of the Tenant whose it is, "" where there is none.
    """

    __slots__ = (
        "_bounded",
        "_filters",
        "_only",
        "_rendezvous",
        "_split",
        "_steered",
        "choices",
        "matched",
        "method",
        "name",
        "retry",
        "rule",
        "steps",
        "tenant",
        "timeouts",
    )

    def __init__(
        self,
        rule: RuleName,
        match: Match,
        choices: Sequence[WeightedPlan],
        split: Split[WeightedPlan] | None,
        timeouts: Timeouts,
        steps: tuple[Step, ...],
        filters: tuple[Filter, ...],
        retry: RetryPlan | None,
        tenant: str,
    ) -> None:
        self.rule = rule
        self.name = str(rule)
        self.matched = match.path.value.encode("utf-8")
        self.method = (match.method or "").encode("ascii")
        self.timeouts = timeouts
        self.steps = steps
        self.retry = retry
        self.tenant = tenant
        self.choices = choices
        self._split = split
        self._only = choices[0]
        self._filters = filters
        self._steered: dict[WeightedBackend, WeightedPlan] = {}
        self._rendezvous: Rendezvous | None = None
        self._bounded: dict[tuple[float | None, float | None], Timeouts] | None = None

    def timeouts_under(self, request_s: float | None, backend_request_s: float | None) -> Timeouts:
        """The plan's timeouts where policies say others, in seconds; None leaves the plan's, 0.0 is no bound.

        Those that the policies of the rule say are few, so they are kept.
        """
        kept = self._bounded
        if kept is None:
            kept = self._bounded = {}
        key = (request_s, backend_request_s)
        made = kept.get(key)
        if made is None:
            whole = self.timeouts
            made = kept[key] = timeouts_of(
                RouteTimeouts(request_s, backend_request_s),
                request_s=whole.request_s,
                backend_request_s=whole.backend_request_s,
            )
        return made

    def choose(self, subject: Subject | None = None) -> WeightedPlan:
        """The backendRef of the next request: that of its key where a policy wants it so, else the next in turn."""
        if self._split is None:
            return self._only
        if subject is None or subject.split_key is None:
            return self._split.choose()
        if self._rendezvous is None:
            self._rendezvous = _rendezvous(self.choices)
        return self.choices[self._rendezvous.index(subject.split_key)]

    def steered_to(self, to: WeightedBackend) -> WeightedPlan:
        """What is done with a request that is sent to the backend `to` of a policy, which takes part in no split.

        Where a backendRef of the rule names the same backend, its filters are applied too. The policies of the rule
        name each `to` that there is, so those kept are few.
        """
        plan = self._steered.get(to)
        if plan is None:
            plan = self._steered[to] = _of_backend(self.choices, to.backend) or WeightedPlan(to, self._filters)
        return plan


def _rendezvous(choices: Sequence[WeightedPlan]) -> Rendezvous:
    """By the backends' names, so that the order of backendRefs does not count; a second one of a backend is its own."""
    names: list[str] = []
    for choice in choices:
        name = choice.backend or ""
        names.append(f"{name} {sum(1 for known in names if known.partition(' ')[0] == name)}")
    return Rendezvous(names, [choice.weight for choice in choices])


def _of_backend(choices: Sequence[WeightedPlan], backend: str | None) -> WeightedPlan | None:
    """The first choice of that backend, if any."""
    return next((choice for choice in choices if backend is not None and choice.backend == backend), None)


def compile_rule(
    rule: Rule,
    *,
    request_s: float,
    backend_request_s: float,
    random: Random,
    session_key: bytes,
    steps: tuple[Step, ...] = (),
    tenant: str = "",
    share_steps: Sequence[tuple[Step, ...]] = (),
) -> tuple[Plan, ...]:
    """A plan per match of `rule`, in its order; the two times are those of the process, in seconds.

    `share_steps` are those of the policies of each of its backendRefs, or () where none has any.
    """
    shares = rule.backends
    if any(isinstance(filter_, Redirect) for filter_ in rule.filters) and not shares:
        shares = (WeightedBackend(None, 1),)
    choices = tuple(
        WeightedPlan(share, (*rule.filters, *share.filters), own)
        for share, own in zip(shares, share_steps or ((),) * len(shares), strict=True)
    )
    taking = [choice for choice in choices if choice.weight > 0]
    split = None
    if not taking:
        choices = (WeightedPlan(NO_SHARE, rule.filters),)
    elif len(taking) == 1:
        choices = (taking[0], *(choice for choice in choices if choice.weight == 0))
    else:
        split = Split([(choice, choice.weight) for choice in choices], random)
    timeouts = timeouts_of(rule.timeouts, request_s=request_s, backend_request_s=backend_request_s)
    cors = _cors(rule.filters)
    steps = _with_asking(steps, rule.filters)
    if cors is not None:
        # A preflight carries no credentials: a policy that asks for some would refuse what it is sent to find out.
        steps = (cors, *steps)
    if rule.session is not None:
        # Here, as its library takes a tenth of a second to import.
        from policies.sessions.step import SessionStep

        steps = (*steps, SessionStep(rule.session, str(rule.name), session_key))
    retry = RetryPlan.of_route(rule.retry) if rule.retry is not None else None
    return tuple(
        Plan(rule.name, match, choices, split, timeouts, steps, rule.filters, retry, tenant) for match in rule.matches
    )


def _cors(filters: Sequence[Filter]) -> CORSStep | None:
    """The one of a list; Gateway API permits no second."""
    return next((CORSStep(filter_) for filter_ in filters if isinstance(filter_, CORS)), None)


def _with_asking(steps: tuple[Step, ...], filters: Sequence[Filter]) -> tuple[Step, ...]:
    """`steps` of policies with those of the filters that ask a server, see `policies.registry.FILTERS_AMONG`."""
    asking = _asking(filters)
    if not asking or not steps:
        return asking or steps
    # Here, as it stands above all policies and would load them for who compiles rules without any.
    from policies.registry import BEHIND_ACCESS

    behind = next((at for at, step in enumerate(steps) if step.name in BEHIND_ACCESS), len(steps))
    return (*steps[:behind], *asking, *steps[behind:])


def _asking(filters: Sequence[Filter]) -> tuple[Step, ...]:
    """The steps of those that ask a server, in their order."""
    found = [filter_ for filter_ in filters if isinstance(filter_, ExternalAuth)]
    if not found:
        return ()
    from policies.access.external import ExternalStep
    from policies.access.external_terms import ExternalTerms

    # Nothing is kept of their answers, which needs no key then.
    return tuple(
        ExternalStep(
            ExternalTerms.of_filter(filter_),
            WeightedBackend(filter_.backend, 1, (), f"ExternalAuth: {filter_.problem}"),
            b"",
        )
        for filter_ in found
    )
