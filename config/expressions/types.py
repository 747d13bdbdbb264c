"""The types of expressions, and the variables that a condition has (RESOURCES: `request`, `source`, `tags`, `now`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """A type by its name in CEL; `parts` are those of the items of a list, or of the keys and values of a map."""

    name: str
    parts: tuple[Type, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.parts))})" if self.parts else self.name


BOOL, INT, UINT, DOUBLE = Type("bool"), Type("int"), Type("uint"), Type("double")
STRING, BYTES, NULL, DYN, TYPE = Type("string"), Type("bytes"), Type("null_type"), Type("dyn"), Type("type")
TIMESTAMP, DURATION = Type("timestamp"), Type("duration")
IP = Type("ip")
"""An address of a client: has `inCIDR`, and equals the string that it is written as."""
REQUEST, SOURCE = Type("request"), Type("source")
NUMBERS = frozenset((INT, UINT, DOUBLE))
ORDERED = frozenset((*NUMBERS, STRING, BYTES, BOOL, TIMESTAMP, DURATION))
KEYS = frozenset((INT, UINT, BOOL, STRING, DYN))


def list_of(item: Type) -> Type:
    """The type of a list of `item`."""
    return Type("list", (item,))


def map_of(key: Type, value: Type) -> Type:
    """The type of a map."""
    return Type("map", (key, value))


STRINGS = map_of(STRING, STRING)
CLAIMS = map_of(STRING, DYN)
VARIABLES: dict[str, Type] = {"request": REQUEST, "source": SOURCE, "tags": STRINGS, "now": TIMESTAMP}
FIELDS: dict[Type, dict[str, Type]] = {
    REQUEST: {
        "method": STRING,
        "scheme": STRING,
        "host": STRING,
        "path": STRING,
        "query": STRINGS,
        "headers": STRINGS,
        "cookies": STRINGS,
    },
    SOURCE: {"ip": IP, "port": INT, "identity": STRING, "tenant": STRING, "claims": CLAIMS},
}
TYPE_NAMES = frozenset(("int", "uint", "double", "string", "bytes", "bool", "list", "map", "null_type", "type"))
"""The names that stand for a type, as in `type(source.claims.sub) == string`."""


def comparable(left: Type, right: Type) -> bool:
    """Whether `==` may join the two; what is `dyn` is seen when it is evaluated."""
    if DYN in (left, right) or left == right:
        return True
    if {left, right} == {IP, STRING}:
        return True
    if left.name == right.name and left.parts and len(left.parts) == len(right.parts):
        return all(map(comparable, left.parts, right.parts))
    return False


def joined(types: list[Type]) -> Type:
    """The type of what is one of `types`: theirs where it is one, else `dyn`."""
    return types[0] if types and all(type_ == types[0] for type_ in types) else DYN
