"""Any other condition, evaluated by the library (common-expression-language): ten to thirty microseconds each time.

It is given only those variables that the condition reads, and three functions that it has not or has otherwise: inCIDR,
the parts of a time in a zone, and matches by RE2, so that a pattern means the same here as in a route.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime

import cel
import re2  # type: ignore[import-untyped]

from config.expressions.check import Checked
from config.expressions.functions import ZONED
from config.expressions.syntax import Binary, Call, Field, Index, Literal, Name, Node, walk
from policies.expressions.predicates import ERROR, FALSE, TRUE, Network, Predicate
from policies.expressions.request_maps import cookie_map, header_map, host_of, query_map
from policies.subject import Subject

_MATCHES = "matchesByRE2"
_MAPS = ("request.headers", "request.query", "request.cookies", "source.claims", "tags")
_READERS: dict[str, Callable[[Subject], object]] = {
    "request.method": lambda subject: subject.head.method.decode("latin-1"),
    "request.scheme": lambda subject: subject.scheme.decode("latin-1"),
    "request.host": lambda subject: host_of(subject.head.authority).decode("latin-1"),
    "request.path": lambda subject: subject.head.path.decode("latin-1"),
    "request.query": lambda subject: query_map(subject.head.query),
    "request.headers": lambda subject: header_map(subject.head),
    "request.cookies": lambda subject: cookie_map(subject.head),
    "source.ip": lambda subject: subject.address,
    "source.port": lambda subject: subject.port,
    "source.identity": lambda subject: subject.identity,
    "source.tenant": lambda subject: subject.tenant,
    "source.claims": lambda subject: dict(subject.claims),
    "tags": lambda subject: subject.tags,
    "now": lambda subject: datetime.fromtimestamp(subject.now_s, UTC),
}


class Evaluated(Predicate):
    """A condition that the library evaluates."""

    def __init__(self, checked: Checked) -> None:
        self._program = cel.compile(_source(checked))
        self._functions = _functions(checked)
        self._readers = [(tuple(name.split(".")), _READERS[name]) for name in sorted(checked.needs)]
        self._keys = {tuple(name.split(".")): keys for name in _MAPS if (keys := _keys(checked.root, name)) is not None}

    def test(self, subject: Subject) -> int:
        """ERROR also where the result is no bool."""
        variables: dict[str, object] = {}
        for path, read in self._readers:
            value = read(subject)
            if path in self._keys and isinstance(value, dict):
                value = {key: value[key] for key in self._keys[path] if key in value}
            if len(path) == 1:
                variables[path[0]] = value
            else:
                fields = variables.setdefault(path[0], {})
                assert isinstance(fields, dict)
                fields[path[1]] = value
        try:
            result = self._program.execute(cel.Context(variables, self._functions))
        except Exception:  # The library has no class of its own errors: KeyError, TypeError, RuntimeError and more.
            return ERROR
        if not isinstance(result, bool):
            return ERROR
        return TRUE if result else FALSE


def _keys(root: Node, name: str) -> frozenset[str] | None:
    """The keys that are asked for in a map; None where it is also used as a whole.

    The library takes microseconds to copy each item, so it is given no others.
    """
    keys: set[str] = set()
    uses = 0
    for node, _ in walk(root):
        match node:
            case Field(operand=operand, name=key) | Index(operand=operand, key=Literal(value=str() as key)):
                pass
            case Binary(operator="in", left=Literal(value=str() as key), right=operand):
                pass
            case _:
                uses += _is_map(node, name)
                continue
        uses += _is_map(node, name) - _is_map(operand, name)
        if _is_map(operand, name):
            keys.add(key)
    return frozenset(keys) if uses == 0 else None


def _is_map(node: Node, name: str) -> bool:
    match node:
        case Name(name=variable):
            return variable == name
        case Field(operand=Name(name=variable), name=field):
            return f"{variable}.{field}" == name
        case _:
            return False


def _source(checked: Checked) -> str:
    """The text with `matches` called by a name that the library does not take for its own."""
    text = checked.text
    places = [node.column - 1 for node, _ in walk(checked.root) if isinstance(node, Call) and node.name == "matches"]
    for place in sorted(places, reverse=True):
        text = text[:place] + _MATCHES + text[place + len("matches") :]
    return text


def _functions(checked: Checked) -> dict[str, Callable[..., object]]:
    """Those that the condition calls; what their constants come to is worked out here."""
    functions: dict[str, Callable[..., object]] = {}
    patterns, networks, zones = {}, {}, {}
    for node, _ in walk(checked.root):
        if not isinstance(node, Call) or not node.arguments:
            continue
        argument = node.arguments[0]
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            continue
        if node.name == "matches":
            patterns[argument.value] = re2.compile(argument.value)
            functions[_MATCHES] = lambda text, pattern: (
                patterns[pattern].search(text) is not None if isinstance(text, str) else None
            )
        elif node.name == "inCIDR":
            networks[argument.value] = Network(argument.value)
            functions["inCIDR"] = lambda address, network: _truth(networks[network].holds(address))
        elif node.name in ZONED and node.target is not None:
            zones[argument.value] = zoneinfo.ZoneInfo(argument.value)
            functions[node.name] = _zoned(node.name, zones)
    return functions


def _truth(result: int) -> bool | None:
    """For the library, in which an operand that is null is an error."""
    return None if result == ERROR else result == TRUE


_PARTS: dict[str, Callable[[datetime], int]] = {
    "getFullYear": lambda time: time.year,
    "getMonth": lambda time: time.month - 1,
    "getDate": lambda time: time.day,
    "getDayOfMonth": lambda time: time.day - 1,
    "getDayOfWeek": lambda time: time.isoweekday() % 7,
    "getDayOfYear": lambda time: time.timetuple().tm_yday - 1,
    "getHours": lambda time: time.hour,
    "getMinutes": lambda time: time.minute,
    "getSeconds": lambda time: time.second,
    "getMilliseconds": lambda time: time.microsecond // 1000,
}


def _zoned(name: str, zones: dict[str, zoneinfo.ZoneInfo]) -> Callable[[datetime, str], int]:
    part = _PARTS[name]
    return lambda time, zone: part(time.astimezone(zones[zone]))
