"""How a request is decided, and why so: by the scanner, the router and the plans that serve, followed step by step."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from config.snapshot import BackendPlan, Port, Rule, Snapshot, owner_of
from config.status import ResourceStatus
from discovery.asked import Sources
from discovery.backend import Backend
from discovery.balancing.subset import Selection
from discovery.endpoint import EndpointSet
from discovery.lease import EndpointState
from discovery.sources import source as answered
from discovery.whereabouts import whereabouts
from gateway.errors import ProtocolError
from gateway.explanation import Considered, Explanation, SeenEndpoint, Share
from gateway.head_changes import own_answer, request_changes, response_changes
from gateway.hot.head import RequestHead, scan_request
from gateway.hot.request_values import host_name
from gateway.http.forwarding import Peer, client_address, client_scheme
from gateway.http.router import Router, TracedMatch
from gateway.http.steering import selection_of, steered_choice
from gateway.policy_trace import Trace, trace
from gateway.question import WELL_KNOWN_PORTS, BadQuestion, Question
from gateway.runtime import Runtime
from gateway.settings import Settings, settings_from
from gateway.tasks import Tasks
from gateway.words import filter_words, match_words
from policies.chain import Plan, WeightedPlan
from policies.environment import Environment
from policies.steering.steered import Steered
from policies.subject import Subject
from policies.verdict import Answer, Denial

Views = Mapping[str, EndpointSet]
LOCAL = "127.0.0.1"


def explain(snapshot: Snapshot, question: Question, views: Views, environment: Environment) -> Explanation:
    """Follow `question` through `snapshot`. `views` holds the endpoints of those backends of which they are known.

    Takes time in proportion to the number of routes: not for the loop of a gateway that serves. Raises BadQuestion for
    a source that is no IP address.
    """
    settings = settings_from(snapshot.process)
    begun = Explanation(
        request=f"{question.method} {question.url}",
        outcome="NoPort",
        source=question.source,
        trusted_source=_is_trusted(question.source, settings),
        ports=tuple(port.key for port in snapshot.ports),
    )
    port, why = _port(snapshot.ports, question)
    if port is None:
        conditions = _idle(snapshot.statuses)
        return begun.model_copy(update={"reason": why, "conditions": conditions})
    begun = begun.model_copy(update={"port": port.key})
    limits = settings.head_limits
    try:
        head = scan_request(
            question.render(), 0, limits.header_bytes, limits.header_count, limits.uri_bytes, limits.method_bytes
        )
    except ProtocolError as error:
        return begun.model_copy(update={"outcome": "Refused", "status": error.status, "reason": str(error)})
    if head is None:
        raise BadQuestion("a header line ends the head early: the request would never be complete")
    return _routed(_Asked(snapshot, settings, port, head, environment, question), begun, views)


async def written_views(snapshot: Snapshot) -> dict[str, EndpointSet]:
    """The endpoints that the configuration itself has (static ones, EndpointSlices): no one needs to be asked."""
    sources = Sources(Runtime(asyncio.get_running_loop(), Tasks().spawn))
    sources.configure(snapshot.process)
    views: dict[str, EndpointSet] = {}
    for name, plan in snapshot.backends.items():
        if plan.spec.static is None and plan.spec.endpoint_slice is None:
            continue
        answers: list[answered.Answer] = []
        source = sources.make(plan)
        await source.run(answers.append)
        views[name] = EndpointSet(name, answers[-1].endpoints(""), source.kind, 0.0)
    return views


def _port(ports: Sequence[Port], question: Question) -> tuple[Port | None, str]:
    """The port that the request arrives at, or why there is none."""
    listed = ", ".join(port.key for port in ports) or "none"
    speaking = [port for port in ports if port.protocol.lower() == question.scheme]
    if not speaking:
        return None, f"no port speaks {question.scheme.upper()}; the ports are: {listed}"
    number = question.port or WELL_KNOWN_PORTS[question.scheme]
    fitting = [port for port in speaking if port.port == number]
    if not fitting and question.port is None and len(speaking) == 1:
        # Behind a NAT or in a try-out the port in front of the gateway is another one than its own.
        return speaking[0], ""
    if not fitting:
        return None, f"nothing listens on port {number}; the ports are: {listed}"
    host = question.authority.rpartition(":")[0] if question.port is not None else question.authority
    # One number on several addresses: the one that was asked, else one for all addresses.
    fitting.sort(key=lambda port: (port.address != host.strip("[]"), port.address != ""))
    return fitting[0], ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that arrived at a port."""

    snapshot: Snapshot
    settings: Settings
    port: Port
    head: RequestHead
    environment: Environment
    question: Question


def _routed(asked: _Asked, begun: Explanation, views: Views) -> Explanation:
    snapshot, settings, port, head = asked.snapshot, asked.settings, asked.port, asked.head
    router = Router(
        port,
        request_timeout_s=settings.request_timeout_s,
        backend_request_timeout_s=settings.backend_request_timeout_s,
        random=random.Random(0),  # noqa: S311 - shares are shown, none is drawn
        environment=asked.environment,
    )
    steps = router.trace(head)
    listener = router.listener_of(head)
    plan = router.match(head)
    taking = next((step for step in steps if not step.reason), None)
    known: dict[str, object] = {
        "listener": listener.name if listener is not None else "",
        "listener_hostname": listener.hostname if listener is not None else "",
        "considered": tuple(_considered(step, taking) for step in steps),
    }
    if plan is None or taking is None:
        host = host_name(head.authority).decode("latin-1")
        reason = "no route takes this host and path" if listener else f"no listener takes host {host}"
        conditions = _idle(snapshot.statuses)
        update = {**known, "outcome": "NoRoute", "status": 404, "reason": reason, "conditions": conditions}
        return begun.model_copy(update=update | _over(head, settings.body_bytes, "limits.bodyBytes"))
    known |= {
        "taken": _considered(taking, taking),
        "filters": tuple(filter_words(filter_) for filter_ in taking.entry.rule.filters),
        "request_timeout_s": plan.timeouts.request_s,
        "backend_request_timeout_s": plan.timeouts.backend_request_s,
        "conditions": tuple(_involved(snapshot.statuses, taking)),
    }
    if head.method == b"CONNECT" and not plan.method:
        known |= {"outcome": "Refused", "status": 405, "reason": "CONNECT is not routed here"}
        return begun.model_copy(update=known)
    peer = Peer.of(begun.source or LOCAL, settings)
    subject = _subject(asked, plan, peer)
    traced = trace(plan.steps, subject)
    known |= {
        "policies": traced.said,
        "tags": dict(subject.tags),
        "identity": subject.identity,
        "steered": subject.steered.rule if subject.steered is not None else "",
        "request_timeout_s": plan.timeouts.request_s if subject.request_s is None else subject.request_s,
        "backend_request_timeout_s": (
            plan.timeouts.backend_request_s if subject.backend_request_s is None else subject.backend_request_s
        ),
    }
    own_bound = subject.body_bytes
    bound, field = (settings.body_bytes, "limits.bodyBytes") if own_bound is None else (own_bound, "bodyBytes")
    if traced.verdict is not None:
        known |= _said_last(traced, subject)
    elif over := _over(head, bound, field):
        known |= over | {"answer_headers": own_answer((), subject)}
    elif (redirect := plan.choices[0].redirect) is not None:
        status, location = redirect.location(b"http", head.authority, port.port, head.path, head.query, plan.matched)
        known |= {"outcome": "Redirected", "status": status, "location": location.decode("latin-1")}
        lines = plan.choices[0].response_extra.splitlines(keepends=True)
        known["answer_headers"] = own_answer(lines, subject)
    else:

        def asked_again() -> Subject:
            again = _subject(asked, plan, peer)
            trace(plan.steps, again)
            return again

        rule = taking.entry.rule
        known |= _shared(_Taken(snapshot.backends, settings, views, head, plan, rule, peer, subject, asked_again))
    return begun.model_copy(update=known)


def _over(head: RequestHead, bound: int, field: str) -> dict[str, object]:
    """The refusal of a body longer than `bound`, the value of `field`; nothing where it is not."""
    if not bound or head.content_length <= bound:
        return {}
    return {"outcome": "Refused", "status": 413, "reason": f"a body of more than {bound} octets ({field})"}


def _said_last(traced: Trace, subject: Subject) -> dict[str, object]:
    """The outcome of a request that a policy did not let go on."""
    last, verdict = traced.said[-1], traced.verdict
    if isinstance(verdict, Denial):
        reason = f"{last.policy}: {verdict.reason}"
        lines = own_answer(verdict.lines, subject)
        refusal = {"reason": reason, "refused_by": last.policy, "answer_headers": lines}
        return {"outcome": "Refused", "status": verdict.status, **refusal}
    reason = f"policy {last.policy} {last.said}"
    if isinstance(verdict, Answer):
        lines = own_answer(verdict.lines, subject)
        return {"outcome": "Answered", "status": verdict.status, "reason": reason, "answer_headers": lines}
    return {"outcome": "Undecided", "reason": reason}


def _subject(asked: _Asked, plan: Plan, peer: Peer) -> Subject:
    """The request as policies see it; one whose source nobody named comes from this machine."""
    question = asked.question
    drawn = question.draw
    return Subject(
        asked.head,
        route=plan.name,
        scheme=client_scheme(asked.head, peer, b"http"),
        address=client_address(asked.head, peer, asked.settings),
        peer=peer.address,
        port=asked.port.port,
        now_s=time.time() if question.now_s is None else question.now_s,
        # The same answer each time it is asked.
        draw=random.Random(0).random if drawn is None else lambda: drawn,  # noqa: S311
        tenant=plan.tenant,
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """A request that a rule took, and all that its shares are made of."""

    backends: Mapping[str, BackendPlan]
    settings: Settings
    views: Views
    head: RequestHead
    plan: Plan
    rule: Rule
    peer: Peer
    subject: Subject
    asked_again: Callable[[], Subject]
    """The subject anew, for a share that goes on to change it."""


def _shared(taken: _Taken) -> dict[str, object]:
    if (steered := taken.subject.steered) is not None:
        return _steered(taken, steered)
    choices = taken.plan.choices
    total = sum(choice.weight for choice in choices)
    shares = tuple(_share(taken, choice, total) for choice in choices)
    if taken.subject.split_key is not None:
        chosen = choices.index(taken.plan.choose(taken.subject))
        shares = tuple(
            share.model_copy(update={"percent": 100.0 if index == chosen else 0.0})
            for index, share in enumerate(shares)
        )
    return _together(shares)


def _together(shares: tuple[Share, ...]) -> dict[str, object]:
    """Forwarded where some of the requests are; else what becomes of the first share that a policy ends, or 500."""
    taking = [share for share in shares if share.percent]
    if any(share.is_forwarded for share in taking):
        return {"outcome": "Forwarded", "shares": shares}
    ended = next((share for share in taking if share.outcome != "Misconfigured"), None)
    if ended is not None:
        same = ("outcome", "status", "reason", "refused_by", "answer_headers")
        return {**{name: getattr(ended, name) for name in same}, "shares": shares}
    reason = "; ".join(dict.fromkeys(share.problem for share in shares if share.problem))
    return {"outcome": "Misconfigured", "status": 500, "reason": reason, "shares": shares}


def _steered(taken: _Taken, steered: Steered) -> dict[str, object]:
    """Of a request that is steered the one backend; of endpoints that nobody knows here it is that of the split."""

    def has(backend: str, selection: Selection) -> bool:
        plan, view = taken.backends.get(backend), taken.views.get(backend)
        return plan is not None and view is not None and bool(_used(plan, view).eligible(selection))

    choice = steered_choice(taken.plan, taken.subject, steered, has)
    return _together((_share(taken, choice, 0).model_copy(update={"percent": 100.0}),))


def _used(plan: BackendPlan, view: EndpointSet | None) -> Backend:
    """The backend as a worker uses it."""
    here = whereabouts(os.environ, socket.gethostname())
    used = Backend(plan.name, plan, random.Random(0), whereabouts=here)  # noqa: S311 - nothing is drawn
    if view is not None:
        used.apply(view)
    return used


def _share(taken: _Taken, choice: WeightedPlan, total: int) -> Share:
    share = Share(
        backend=choice.backend,
        weight=choice.weight,
        percent=100.0 * choice.weight / total if total else 0.0,
        problem=choice.problem,
        filters=tuple(filter_words(filter_) for filter_ in choice.filters[len(taken.rule.filters) :]),
    )
    head, subject = taken.head, taken.subject
    if asked := (*(() if choice.cors is None else (choice.cors,)), *choice.steps):
        subject = taken.asked_again()
        traced = trace(asked, subject)
        share = share.model_copy(update={"policies": traced.said})
        if traced.verdict is not None:
            share = share.model_copy(update=_said_last(traced, subject))
    backend = taken.backends.get(choice.backend) if choice.backend is not None else None
    if backend is None:
        known = {"outcome": "Misconfigured", "status": 500} if share.is_forwarded else {}
        return share.model_copy(update=known)
    target, host = head.target, head.authority
    if choice.rewrite is not None:
        target, changed = choice.rewrite.apply(head.path, head.query, taken.plan.matched)
        host = changed or host
    policy = backend.policy.model_dump(mode="json", exclude_defaults=True, exclude={"target_refs"})
    policy["loadBalancer"] = {**policy.get("loadBalancer", {}), "type": backend.policy.load_balancer.type}
    connect_timeout = backend.policy.connection_pool.connect_timeout
    view = taken.views.get(backend.name)
    used, steered = _used(backend, view), taken.subject.steered
    selection = selection_of(steered) if steered is not None else None
    if selection is None:
        selection = used.selection_for(subject.tags, subject.lane)
    return share.model_copy(
        update={
            "protocol": backend.spec.protocol,
            "discovered_by": _source(backend),
            "target": target.decode("latin-1"),
            "host": host.decode("latin-1"),
            "request_headers": request_changes(head, taken.plan, choice, taken.peer, taken.settings, subject),
            "response_headers": response_changes(head, choice, taken.settings, subject),
            "policy": policy,
            "connect_timeout_s": connect_timeout.seconds if connect_timeout else taken.settings.connect_timeout_s,
            "selection": selection.words if selection is not None else "",
            "endpoints": _endpoints(view, used.eligible(selection)) if view is not None else None,
        }
    )


def _endpoints(view: EndpointSet, eligible: Sequence[EndpointState]) -> tuple[SeenEndpoint, ...]:
    ids = {state.endpoint.id for state in eligible}
    return tuple(
        SeenEndpoint(
            id=endpoint.id,
            address=endpoint.address,
            port=endpoint.port,
            weight=endpoint.weight,
            zone=endpoint.zone,
            tags=dict(endpoint.tags),
            serving=endpoint.serving,
            eligible=endpoint.id in ids,
        )
        for endpoint in view.endpoints
    )


def _source(backend: BackendPlan) -> str:
    spec = backend.spec
    if spec.consul is not None:
        return f"consul {spec.consul.service}"
    if spec.dns is not None:
        return f"dns {spec.dns.name}"
    return f"endpointSlice {spec.endpoint_slice.service}" if spec.endpoint_slice is not None else "static"


def _considered(step: TracedMatch, taking: TracedMatch | None) -> Considered:
    entry = step.entry
    # One match is there once for each hostname of its route, and only the most specific of these takes the request.
    again = not step.reason and step is not taking
    name = entry.rule.name
    return Considered(
        listener=entry.listener,
        hostname=entry.hostname,
        route=f"{name.kind} {name.namespace}/{name.name}",
        rule=name.rule or str(name.index),
        match=match_words(entry.match),
        reason="the same match took it by a more specific hostname" if again else step.reason,
    )


def _is_trusted(source: str, settings: Settings) -> bool | None:
    if not source:
        return None
    try:
        return Peer.of(source, settings).trusted
    except ValueError as error:
        raise BadQuestion(f"the source {source!r} is no IP address") from error


def _involved(statuses: Iterable[ResourceStatus], taking: TracedMatch) -> list[ResourceStatus]:
    """Of the listener's resource, the route, its backends, and the policies on any of these."""
    entry = taking.entry
    name = entry.rule.name
    wanted = {owner_of(entry.listener), (name.kind, name.namespace, name.name)}
    for share in entry.rule.backends:
        if share.backend is not None:
            owner, _, rest = share.backend.partition("/")
            wanted |= {("Backend", owner, rest), ("Service", owner, rest.partition(":")[0])}
    return [
        status
        for status in statuses
        if (status.kind, status.namespace, status.name) in wanted
        or (
            status.kind.endswith("Policy")
            and any((target.kind, target.namespace, target.name) in wanted for target in status.parents)
        )
    ]


def _idle(statuses: Iterable[ResourceStatus]) -> tuple[ResourceStatus, ...]:
    """The routes that a listener did not take: where a request finds none, one of them may be meant."""
    return tuple(
        status
        for status in statuses
        if status.kind.endswith("Route")
        and any(
            condition.type == "Accepted" and condition.status != "True"
            for parent in status.parents
            for condition in parent.conditions
        )
    )
