"""A configuration on its way to the workers: only what they do not have yet, pickled once for all of them.

Loops over all rules are the interpreter's here, not those of C: between any two turns it may let traffic go first.

Rules and backends that are the same as in the configuration of before, of which the supervisor keeps the very objects,
go as their number there. A worker puts its own objects of before in their place, so that it knows by identity what is
new to it, and compiles no more than that. Both ends are the same program of the same user over an inherited
descriptor, so pickle is no way in for anybody else.
"""

from __future__ import annotations

import array
import dataclasses
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.snapshot import BackendPlan, BoundRule, Listener, Snapshot

Series = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a worker holds of a generation: the snapshot without statuses, and the slot of each pair that counts."""

    snapshot: Snapshot
    series: Series
    rules: list[BoundRule] = field(init=False, repr=False, compare=False)
    """All rules of the snapshot, each once, in order: what numbers count."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", _rules(self.snapshot))


class OtherBase(Exception):
    """The parcel builds on a generation that the worker does not hold."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    """`base` is a generation, 0 for none. Of `listeners` each has its rules as numbers: those of the base's rules
    first, then those of `rules`; a port has its listeners as numbers too. A backend that is None is the base's.

    `series` are new or other than in the base, `series_gone` no longer there.
    """

    base: int
    snapshot: Snapshot
    listeners: tuple[tuple[Listener, array.array[int]], ...]
    ports: tuple[tuple[int, ...], ...]
    rules: tuple[BoundRule, ...]
    backends: tuple[tuple[str, BackendPlan | None], ...]
    series: dict[tuple[str, str], int]
    series_gone: tuple[tuple[str, str], ...]


def pack(contents: Contents, base: Contents | None = None) -> bytes:
    """`contents` for a worker that holds `base`; for a thread, as it takes a while."""
    snapshot = contents.snapshot
    numbers = {id(rule): number for number, rule in enumerate(base.rules if base else ())}
    new = tuple([rule for rule in contents.rules if id(rule) not in numbers])
    numbers |= {id(rule): number for number, rule in enumerate(new, len(numbers))}
    listeners = _listeners(snapshot)
    packed = tuple(
        (dataclasses.replace(listener, rules=()), array.array("I", [numbers[id(rule)] for rule in listener.rules]))
        for listener in listeners.values()
    )
    places = {identity: place for place, identity in enumerate(listeners)}
    before = base.snapshot.backends if base else {}
    had = base.series if base else {}
    parcel = _Parcel(
        base.snapshot.generation if base else 0,
        dataclasses.replace(
            snapshot,
            ports=tuple(dataclasses.replace(port, listeners=()) for port in snapshot.ports),
            backends={},
            statuses=(),
        ),
        packed,
        tuple(tuple(places[id(listener)] for listener in port.listeners) for port in snapshot.ports),
        new,
        tuple((name, None if before.get(name) == plan else plan) for name, plan in snapshot.backends.items()),
        {pair: slot for pair, slot in contents.series.items() if had.get(pair) != slot},
        tuple(pair for pair in had if pair not in contents.series),
    )
    return pickle.dumps(parcel, protocol=5)


class Shipment:
    """One configuration, packed for workers that hold the one before it and, once one asks, for those that do not."""

    def __init__(self, contents: Contents, base: Contents | None) -> None:
        self.contents = contents
        self._base_generation = base.snapshot.generation if base else 0
        self._parcels = {self._base_generation: pack(contents, base)}

    def packed_for(self, held_generation: int) -> bytes:
        """For a worker that holds that generation, 0 for one that holds none that is known."""
        if held_generation not in self._parcels:
            held_generation = 0
            if 0 not in self._parcels:
                self._parcels[0] = pack(self.contents)
        return self._parcels[held_generation]


def unpack(packed: bytes, base: Contents | None = None) -> Contents:
    """What `pack` was given, without statuses; `base` is what the worker holds. Raises OtherBase."""
    parcel: _Parcel = pickle.loads(packed)  # noqa: S301 -- from the supervisor, see above
    if parcel.base == 0:
        base = None
    elif base is None or base.snapshot.generation != parcel.base:
        held = base.snapshot.generation if base else 0
        raise OtherBase(f"it builds on generation {parcel.base}, and this worker holds {held}")
    rules = [*(base.rules if base else ()), *parcel.rules]
    listeners = [
        dataclasses.replace(listener, rules=tuple([rules[number] for number in own]))
        for listener, own in parcel.listeners
    ]
    before = base.snapshot.backends if base else {}
    series = dict(base.series) if base else {}
    for pair in parcel.series_gone:
        del series[pair]
    series.update(parcel.series)
    snapshot = dataclasses.replace(
        parcel.snapshot,
        ports=tuple(
            dataclasses.replace(port, listeners=tuple(listeners[place] for place in places))
            for port, places in zip(parcel.snapshot.ports, parcel.ports, strict=True)
        ),
        backends={name: before[name] if plan is None else plan for name, plan in parcel.backends},
    )
    return Contents(snapshot, series)


def _listeners(snapshot: Snapshot) -> dict[int, Listener]:
    """All listeners by identity, each once, in order: several ports may share one."""
    return {id(listener): listener for port in snapshot.ports for listener in port.listeners}


def _rules(snapshot: Snapshot) -> list[BoundRule]:
    return list({id(rule): rule for listener in _listeners(snapshot).values() for rule in listener.rules}.values())
