"""The routes of one port as tables: built once per reload from the snapshot, asked once per request.

A request belongs to the listener with the most specific hostname that takes its host, and to the routes of that
listener alone (Gateway API, listener isolation); among these the hostnames of routes count before their paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from config.binding.hostnames import ANY, covering, covers
from config.snapshot import BoundRule, Layers, Listener, Match, Port, Rule, ValueMatch, match_precedence
from gateway.background import give_way
from gateway.hot.candidates import MATCHES, OTHER_HEADER, OTHER_METHOD, OTHER_QUERY, Candidate, Candidates, Test
from gateway.hot.head import RequestHead
from gateway.hot.matcher import HostTable, PathTable
from gateway.hot.patterns import fullmatch
from gateway.hot.request_values import header_value, host_name, query_value
from policies.chain import Plan, compile_rule
from policies.environment import Environment
from policies.layering import steps_of
from policies.registry import POLICIES
from policies.step import Step

T = TypeVar("T")

ENTRIES_AT_ONCE = 64
"""Work on so many takes some 0.05 ms, for which traffic may wait."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One match of one rule under one hostname of one listener."""

    listener: str
    hostname: str
    rule: Rule
    match: Match
    plan: Plan
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class TracedMatch:
    """What was made of one match when a request was traced: `reason` is "" for the one that took it."""

    entry: Entry
    reason: str


Place = tuple[str, str]
"""Names of a listener and of a host."""
Paths = dict[bytes, list[Entry]]


class Router:
    """The routes of `port`; the times (seconds) are those of the process, for routes that have none of their own.

    From `previous`, the router of before, come the plans of all rules, and the tables of all hostnames, that are the
    same objects still. It may be in use meanwhile and is not changed.
    """

    def __init__(
        self,
        port: Port,
        *,
        request_timeout_s: float,
        backend_request_timeout_s: float,
        random: Random,
        environment: Environment,
        previous: Router | None = None,
    ) -> None:
        self.port = port
        self._terms = (request_timeout_s, backend_request_timeout_s, random, environment)
        if previous is not None and previous._terms != self._terms:
            previous = None
        self._steps: dict[Layers, tuple[Step, ...]] = {}
        # By the identity of a rule, of its layers and of those of its backendRefs.
        self._plans: dict[tuple[int, Layers, str, tuple[Layers, ...]], tuple[Plan, ...]] = {}
        # By listener, and by the identity of its rule, which `port` keeps alive.
        self._entries: dict[str, dict[int, tuple[Entry, ...]]] = {}
        self._places: dict[Place, list[Entry]] = {}
        for listener in port.listeners:
            self._add(listener, previous)
        self._tables: dict[Place, PathTable] = {
            place: previous._tables[place]
            if previous is not None and previous._places.get(place) == entries
            else _path_table(entries)
            for place, entries in self._places.items()
        }
        self.hosts = _host_table(port.listeners, self._tables)

    def _add(self, listener: Listener, previous: Router | None) -> None:
        known = previous._entries.get(listener.name, {}) if previous is not None else {}
        added = self._entries[listener.name] = {}
        for bound in _in_turns(listener.rules):
            plans = self._plans_of(bound, previous)
            entries = known.get(id(bound))
            if entries is None:
                entries = _entries(listener.name, bound, plans)
            added[id(bound)] = entries
            for entry in entries:
                self._places.setdefault((listener.name, entry.hostname), []).append(entry)

    def _plans_of(self, bound: BoundRule, previous: Router | None) -> tuple[Plan, ...]:
        key = (id(bound.rule), bound.layers, bound.tenant, bound.share_layers)
        plans = self._plans.get(key)
        if plans is None:
            plans = previous._plans.get(key) if previous is not None else None
            if plans is None:
                request_s, backend_request_s, random, environment = self._terms
                plans = compile_rule(
                    bound.rule,
                    request_s=request_s,
                    backend_request_s=backend_request_s,
                    random=random,
                    session_key=environment.session_key,
                    steps=self._steps_of(bound.layers, previous) if bound.layers else (),
                    tenant=bound.tenant,
                    share_steps=[self._steps_of(layers, previous) if layers else () for layers in bound.share_layers],
                )
            self._plans[key] = plans
        return plans

    def _steps_of(self, layers: Layers, previous: Router | None) -> tuple[Step, ...]:
        """Made once for all rules, and backendRefs, under the same policies."""
        steps = self._steps.get(layers)
        if steps is None:
            steps = previous._steps.get(layers) if previous is not None else None
            if steps is None:
                steps = steps_of(layers, POLICIES, self._terms[3])
            self._steps[layers] = steps
        return steps

    def match(self, head: RequestHead) -> Plan | None:
        """The plan for a request, or None where no route takes it."""
        return self.hosts.match(head)  # type: ignore[return-value]  # a cast is a call

    def listener_of(self, head: RequestHead) -> Listener | None:
        """The listener that a request belongs to."""
        return listener_for(host_name(head.authority).decode("latin-1"), self.port.listeners)

    def parts(self) -> list[dict[object, object]]:
        """What holds most of its memory; once it is emptied, the router cannot be the `previous` of another."""
        return [self._tables, *self._entries.values(), self._plans]  # type: ignore[list-item]

    def trace(self, head: RequestHead) -> list[TracedMatch]:
        """Every match of the port in order of precedence, each with the reason why it does not take the request.

        For `explain`: linear in the number of routes.
        """
        listener = self.listener_of(head)
        taken = self.match(head)
        entries = [entry for added in self._entries.values() for found in added.values() for entry in found]
        entries.sort(key=_precedence)
        entries.sort(key=_host_precedence)
        return [TracedMatch(entry, _reason(entry, head, listener, taken)) for entry in entries]


def _precedence(entry: Entry) -> tuple[int, ...]:
    return match_precedence(entry.match)


def _host_precedence(entry: Entry) -> tuple[int, int]:
    return _hostname_order(entry.hostname)


def listener_for(host: str, listeners: Sequence[Listener]) -> Listener | None:
    """The listener whose hostname is the most specific of those that take `host`, which may be a wildcard itself."""
    taking = [listener for listener in listeners if covers(listener.hostname, host)]
    return min(taking, key=lambda listener: _hostname_order(listener.hostname), default=None)


def _hostname_order(hostname: str) -> tuple[int, int]:
    """Sort key: exact names, then wildcards with the longest first, then any."""
    if hostname == ANY:
        return 2, 0
    if hostname.startswith("*."):
        return 1, -len(hostname)
    return 0, 0


def _entries(listener: str, bound: BoundRule, plans: Sequence[Plan]) -> tuple[Entry, ...]:
    found: list[Entry] = []
    for match, plan in zip(bound.rule.matches, plans, strict=True):
        candidate = _candidate(match, plan)
        found.extend(Entry(listener, hostname, bound.rule, match, plan, candidate) for hostname in bound.hostnames)
    return tuple(found)


def _candidate(match: Match, plan: Plan) -> Candidate:
    headers = tuple(_test(wanted, wanted.name.lower()) for wanted in match.headers)
    query = tuple(_test(wanted, wanted.name) for wanted in match.query)
    return Candidate(plan, plan.method, headers, query)


def _test(wanted: ValueMatch, name: str) -> Test:
    value = wanted.value.encode("utf-8")
    return Test(name.encode("utf-8"), value, fullmatch(value) if wanted.kind == "RegularExpression" else None)


def _in_turns(items: Iterable[T]) -> Iterator[T]:
    """`items`, with turns for traffic between them."""
    for number, item in enumerate(items):
        if number % ENTRIES_AT_ONCE == 0:
            give_way()
        yield item


def _path_table(entries: Sequence[Entry]) -> PathTable:
    """The table of one hostname; equal matches are in the order that its listener has its rules in."""
    exact: Paths = {}
    prefixes: Paths = {}
    patterns: list[Entry] = []
    for entry in _in_turns(entries):
        path = entry.match.path
        if path.kind == "Exact":
            exact.setdefault(path.value.encode("utf-8"), []).append(entry)
        elif path.kind == "PathPrefix":
            # A slash at its end does not count (CRD, `matches[].path.type`).
            prefixes.setdefault(path.value.encode("utf-8").rstrip(b"/"), []).append(entry)
        else:
            patterns.append(entry)
    by_pattern: dict[bytes, list[Candidate]] = {}
    for entry, candidate in zip(patterns, _ranked(patterns), strict=True):
        by_pattern.setdefault(entry.match.path.value.encode("utf-8"), []).append(candidate)
    return PathTable(
        _by_path(exact), {pattern: Candidates(found) for pattern, found in by_pattern.items()}, _by_path(prefixes)
    )


def _by_path(paths: Paths) -> dict[bytes, Candidates]:
    """Those of each path among themselves."""
    return {path: Candidates(_ranked(entries)) for path, entries in _in_turns(paths.items())}


def _ranked(entries: list[Entry]) -> list[Candidate]:
    """The candidates of `entries`, which are put in order of precedence."""
    # Sorting is stable, so the order of the rules, then the position in `matches`, is the last tie-break.
    entries.sort(key=_precedence)
    return [entry.candidate.ranked(rank) for rank, entry in enumerate(entries)]


def _host_table(listeners: Sequence[Listener], tables: Mapping[Place, PathTable]) -> HostTable:
    names = {listener.hostname for listener in listeners}.union(hostname for _, hostname in tables)
    exact: dict[bytes, tuple[PathTable, ...]] = {}
    wildcards: dict[bytes, tuple[PathTable, ...]] = {}
    others: tuple[PathTable, ...] = ()
    isolated: dict[str, Listener] = {}
    for listener in listeners:
        isolated.setdefault(listener.hostname, listener)
    for name in _in_turns(names):
        # Looked up by name, as ListenerSets bring thousands of listeners to one port.
        owner = next((isolated[each] for each in covering(name) if each in isolated), None)
        if owner is None:
            continue
        applying = [tables[key] for each in covering(name) if (key := (owner.name, each)) in tables]
        if name == ANY:
            others = tuple(applying)
        elif name.startswith("*."):
            wildcards[name[1:].encode("ascii")] = tuple(applying)
        else:
            exact[name.encode("ascii")] = tuple(applying)
    return HostTable(exact, wildcards, others)


def _reason(entry: Entry, head: RequestHead, listener: Listener | None, taken: Plan | None) -> str:
    """Why `entry` does not take the request, in words; "" where it does."""
    host = host_name(head.authority).decode("latin-1")
    if listener is None:
        return f"no listener takes host {host}"
    if entry.listener != listener.name:
        return f"host {host} belongs to listener {listener.name}"
    if not covers(entry.hostname, host):
        return f"host {host} is not {entry.hostname}"
    if not path_matches(entry.match, head.path):
        return f"path {head.path.decode('latin-1')} is not {entry.match.path.kind} {entry.match.path.value}"
    failure = entry.candidate.failure(head)
    if failure == OTHER_METHOD:
        return f"method {head.method.decode('latin-1')} is not {entry.match.method}"
    if failure == OTHER_HEADER:
        return _values_reason("header", entry.match.headers, entry.candidate.headers, head, header_value)
    if failure == OTHER_QUERY:
        query = head.query
        return _values_reason(
            "query parameter", entry.match.query, entry.candidate.query, head, lambda _, name: query_value(query, name)
        )
    assert failure == MATCHES
    return "" if entry.plan is taken else "a match that goes before takes the request"


def _values_reason(
    what: str,
    wanted: Sequence[ValueMatch],
    tests: Sequence[Test],
    head: RequestHead,
    value_of: Callable[[RequestHead, bytes], bytes | None],
) -> str:
    for match, test in zip(wanted, tests, strict=True):
        found = value_of(head, test.name)
        if not test.holds(found):
            is_ = "is absent" if found is None else f"is {found.decode('latin-1')!r}"
            return f"{what} {match.name} {is_}, not {match.kind} {match.value!r}"
    raise AssertionError("no test failed")


def path_matches(match: Match, path: bytes) -> bool:
    """Whether a path test holds, as said in words by the CRD: what the tables are held against."""
    value = match.path.value.encode("utf-8")
    if match.path.kind == "Exact":
        return path == value
    if match.path.kind == "PathPrefix":
        prefix = value.rstrip(b"/")
        return not prefix or path == prefix or path.startswith(prefix + b"/")
    return fullmatch(value)(path) is not None
