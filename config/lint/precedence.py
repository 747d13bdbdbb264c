"""Matches that never take a request because others go before them, by the precedence of Gateway API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from config.binding.hostnames import ANY
from config.lint.advice import Advice
from config.lint.check import Check
from config.lint.patterns import plain
from config.problems import PathPart
from config.resources.http_route import HTTPRoute
from config.resources.resource import Resource
from config.snapshot import Listener, Match, PathMatch, RuleName, Snapshot

SHOWN = 3
"""So many of the matches that a catch-all hides are named."""
Resources = Mapping[tuple[str, str, str], Resource]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One match of a rule under one hostname of a listener."""

    hostname: str
    rule: RuleName
    position: int
    match: Match

    @property
    def words(self) -> str:
        method = f"{self.match.method} " if self.match.method else ""
        return f"{self.rule} ({method}{self.match.path.kind} {self.match.path.value})"

    @property
    def is_unconditional(self) -> bool:
        return not (self.match.method or self.match.headers or self.match.query)

    def path_in(self, resources: Resources) -> tuple[Resource, tuple[PathPart, ...]]:
        route = resources[self.rule.kind, self.rule.namespace, self.rule.name]
        path: tuple[PathPart, ...] = ("spec", "rules", self.rule.index)
        written = isinstance(route, HTTPRoute) and route.spec.rules[self.rule.index].matches
        return route, (*path, "matches", self.position) if written else path


def shadowed(snapshot: Snapshot, resources: Resources) -> Iterator[Advice]:
    """Matches that are there already, under the same hostname of the same listener, in a rule that goes before."""
    places: dict[tuple[RuleName, int], list[tuple[str, _Entry, _Entry | None]]] = {}
    for listener in _listeners(snapshot):
        first: dict[object, _Entry] = {}
        for entry in _entries(listener):
            before = first.setdefault(_test_of(entry), entry)
            found = (listener.name, entry, before if before is not entry else None)
            places.setdefault((entry.rule, entry.position), []).append(found)
    for found_at in places.values():
        hidden = [(name, entry, before) for name, entry, before in found_at if before is not None]
        if not hidden:
            continue
        name, entry, before = hidden[0]
        others = ", ".join(dict.fromkeys(str(each.rule) for _, _, each in hidden))
        where = ""
        if len(hidden) < len(found_at):
            where = f" for host {entry.hostname} on listener {name}"
        message = f"no request is taken by this match{where}: {others} goes before, with the same match"
        if before.rule == entry.rule:
            message = f"this match is there twice in the rule{where}"
        yield Advice(
            Check.SHADOWED_RULE, *entry.path_in(resources), message, "remove one, or tell them apart by the match"
        )


def catch_alls(snapshot: Snapshot, resources: Resources) -> Iterator[Advice]:
    """Matches that take all that more specific ones are meant for, as patterns and narrower hostnames go before."""
    told: set[tuple[RuleName, int, str]] = set()
    for listener in _listeners(snapshot):
        by_host: dict[str, list[_Entry]] = {}
        for entry in _entries(listener):
            by_host.setdefault(entry.hostname, []).append(entry)
        for hostname, entries in by_host.items():
            for entry in entries:
                prefix = _prefix_of(entry.match.path)
                if prefix is None or not entry.is_unconditional:
                    continue
                if entry.match.path.kind == "RegularExpression":
                    below = [each for each in entries if _is_below(each.match.path, prefix)]
                    why = "a regular expression goes before all prefixes"
                    yield from _hiding(entry, below, why, f"write it as PathPrefix {prefix or '/'}", told, resources)
                if not prefix:
                    meant = [each for each in _wider(by_host, hostname) if not _takes_all(each)]
                    why = f"the hostname {hostname} goes before {' and '.join(sorted({e.hostname for e in meant}))}"
                    mend = "add the hostname to their route, or narrow this match"
                    yield from _hiding(entry, meant, why, mend, told, resources)


def regexes(snapshot: Snapshot, resources: Resources) -> Iterator[Advice]:
    """Regular expressions that say no more than a prefix or an exact path."""
    told: set[tuple[RuleName, int]] = set()
    for listener in _listeners(snapshot):
        for entry in _entries(listener):
            path = entry.match.path
            same = plain(path.value) if path.kind == "RegularExpression" else None
            if same is not None and (entry.rule, entry.position) not in told:
                told.add((entry.rule, entry.position))
                resource, place = entry.path_in(resources)
                message = f"the regular expression {path.value} takes what {same.kind} {same.value} does"
                mend = f"write {{type: {same.kind}, value: {same.value}}}"
                yield Advice(Check.REGEX_IS_PREFIX, resource, (*place, "path", "value"), message, mend)


def _hiding(
    entry: _Entry,
    hidden: list[_Entry],
    why: str,
    mend: str,
    told: set[tuple[RuleName, int, str]],
    resources: Resources,
) -> Iterator[Advice]:
    key = (entry.rule, entry.position, mend)
    if not hidden or key in told:
        return
    told.add(key)
    names = list(dict.fromkeys(each.words for each in hidden))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    host = "" if entry.hostname == ANY else f" for host {entry.hostname}"
    message = f"it takes all requests{host} that are meant for {', '.join(names[:SHOWN])}{more}: {why}"
    yield Advice(Check.CATCH_ALL, *entry.path_in(resources), message, mend)


def _listeners(snapshot: Snapshot) -> Iterator[Listener]:
    for port in snapshot.ports:
        yield from port.listeners


def _entries(listener: Listener) -> Iterator[_Entry]:
    """In the order of the tie-break between equal matches."""
    for bound in listener.rules:
        for hostname in bound.hostnames:
            for position, match in enumerate(bound.rule.matches):
                yield _Entry(hostname, bound.rule.name, position, match)


def _wider(by_host: Mapping[str, list[_Entry]], hostname: str) -> Iterator[_Entry]:
    """The entries of hostnames that take all hosts of `hostname`, apart from its own."""
    rest = hostname.removeprefix("*.")
    while rest and hostname != ANY:
        rest = rest.partition(".")[2]
        yield from by_host.get(f"*.{rest}" if rest else ANY, ())


def _test_of(entry: _Entry) -> object:
    """Equal for matches that take the same requests. One that is not equal and goes before never takes them all."""
    match, path = entry.match, entry.match.path
    value = path.value.rstrip("/") if path.kind == "PathPrefix" else path.value
    return entry.hostname, path.kind, value, match.method, frozenset(match.headers), frozenset(match.query)


def _prefix_of(path: PathMatch) -> str | None:
    """The prefix that it takes, "" for all paths; None for a match of another kind."""
    same = plain(path.value) if path.kind == "RegularExpression" else path
    return same.value.rstrip("/") if same is not None and same.kind == "PathPrefix" else None


def _is_below(path: PathMatch, prefix: str) -> bool:
    return path.kind == "PathPrefix" and f"{path.value.rstrip('/')}/".startswith(f"{prefix}/")


def _takes_all(entry: _Entry) -> bool:
    return entry.is_unconditional and _prefix_of(entry.match.path) == ""
