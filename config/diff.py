"""What changed between two snapshots, by name: for the log line of a reload and for those who ask the admin API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from typing import TypeVar

from config.snapshot import BoundRule, Rule, Snapshot

T = TypeVar("T")
MAX_NAMES = 5


@dataclass(frozen=True, slots=True)
class Change:
    """Names of one kind of thing that came, went or are there in another form, each in order."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class Diff:
    """Ports by `address:port/transport`, listeners by `namespace/gateway/section`, rules by `namespace/route/rule`,
    backends by name, and the fields of the process.

    A listener or port counts as changed where it is itself another, not where only its rules are.
    """

    ports: Change
    listeners: Change
    rules: Change
    backends: Change
    process: Change

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def __str__(self) -> str:
        """`ports: +:8080/tcp; rules: ~shop/orders/read, -shop/old/0`; `nothing` where there is no change."""
        parts = [
            f"{field.name}: {text}" for field in fields(self) if (text := ", ".join(_shown(getattr(self, field.name))))
        ]
        return "; ".join(parts) or "nothing"


def diff(old: Snapshot | None, new: Snapshot) -> Diff:
    """The change from `old`, None where nothing was in force, to `new`.

    Rules that are the same objects in both are not looked into.
    """
    names = _names(old, new)
    return Diff(
        _compare(_ports(old), _ports(new)),
        _compare(_listeners(old), _listeners(new)),
        _compare(_rules(old, names), _rules(new, names)),
        _compare(old.backends if old else {}, new.backends),
        _compare(_process(old), _process(new)),
    )


def _compare(old: Mapping[str, T], new: Mapping[str, T]) -> Change:
    return Change(
        tuple(sorted(new.keys() - old.keys())),
        tuple(sorted(old.keys() - new.keys())),
        tuple(sorted(name for name in old.keys() & new.keys() if old[name] != new[name])),
    )


def _ports(snapshot: Snapshot | None) -> dict[str, object]:
    """A port is what its socket speaks."""
    return {port.key: port.protocol for port in snapshot.ports} if snapshot else {}


def _listeners(snapshot: Snapshot | None) -> dict[str, object]:
    """A listener is its hostname and the sockets that it is on."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for port in snapshot.ports if snapshot else ():
        for listener in port.listeners:
            _, keys = found.get(listener.name, ("", frozenset()))
            found[listener.name] = (listener.hostname, keys | {port.key})
    return dict(found)


def _bound(snapshot: Snapshot | None) -> Iterator[tuple[str, BoundRule]]:
    """Every rule with the name of its listener."""
    for port in snapshot.ports if snapshot else ():
        for listener in port.listeners:
            for bound in listener.rules:
                yield listener.name, bound


def _names(old: Snapshot | None, new: Snapshot) -> set[str]:
    """The names of routes whose rules are not all the same objects on the same listeners."""
    before = {(listener, id(bound)): bound for listener, bound in _bound(old)}
    after = {(listener, id(bound)): bound for listener, bound in _bound(new)}
    return {
        bound.rule.name.name
        for one, other in ((before, after), (after, before))
        for key, bound in one.items()
        if key not in other
    }


def _rules(snapshot: Snapshot | None, names: AbstractSet[str]) -> dict[str, object]:
    """A rule of a route among `names` is what it does and where it is bound. Its place among equal matches is left out:
    a route that goes before all others would else change them all."""
    found: dict[str, tuple[Rule, set[tuple[str, tuple[str, ...]]]]] = {}
    for listener, bound in _bound(snapshot):
        rule = bound.rule
        if rule.name.name not in names:
            continue
        name = str(rule.name)
        if rule.name.kind != "HTTPRoute":
            name = f"{rule.name.kind} {name}"
        found.setdefault(name, (rule, set()))[1].add((listener, bound.hostnames))
    return {
        name: (rule.name, rule.matches, rule.filters, rule.backends, rule.timeouts, places)
        for name, (rule, places) in found.items()
    }


def _process(snapshot: Snapshot | None) -> dict[str, object]:
    if snapshot is None:
        return {}
    process = snapshot.process
    return {field.alias or name: getattr(process, name) for name, field in type(process).model_fields.items()}


def _shown(change: Change) -> Iterator[str]:
    """Each name with its sign, at most MAX_NAMES of a sign: a log line must not grow with the configuration."""
    for sign, names in (("+", change.added), ("-", change.removed), ("~", change.changed)):
        yield from (f"{sign}{name}" for name in names[:MAX_NAMES])
        if len(names) > MAX_NAMES:
            yield f"{sign}{len(names) - MAX_NAMES} more"
