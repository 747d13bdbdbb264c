"""The functions that a condition may call: what they take and what they give (cel-spec, "Standard Definitions").

Only what the library that evaluates conditions has as well: `bool()`, and `string()` of a bool or a time are not.
"""

from __future__ import annotations

import ipaddress
import zoneinfo
from collections.abc import Sequence

from config.binding.expressions import refusal
from config.expressions.errors import ExpressionError
from config.expressions.syntax import Call, Literal
from config.expressions.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    IP,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    Type,
)
from config.problems import nearest

_ANY_LIST, _ANY_MAP = Type("list", (DYN,)), Type("map", (DYN, DYN))
Overload = tuple[tuple[Type, ...], Type]
FUNCTIONS: dict[str, tuple[Overload, ...]] = {
    "size": tuple(((type_,), INT) for type_ in (STRING, BYTES, _ANY_LIST, _ANY_MAP)),
    "int": tuple(((type_,), INT) for type_ in (INT, UINT, DOUBLE, STRING)),
    "uint": tuple(((type_,), UINT) for type_ in (INT, UINT, DOUBLE, STRING)),
    "double": tuple(((type_,), DOUBLE) for type_ in (INT, UINT, DOUBLE, STRING)),
    "string": tuple(((type_,), STRING) for type_ in (INT, UINT, DOUBLE, STRING, BYTES, IP)),
    "bytes": (((STRING,), BYTES),),
    "timestamp": (((STRING,), TIMESTAMP),),
    "duration": (((STRING,), DURATION),),
    "dyn": (((DYN,), DYN),),
    "type": (((DYN,), TYPE),),
}
_OF_DATE = ("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear")
_OF_TIME = ("getHours", "getMinutes", "getSeconds", "getMilliseconds")
ZONED = (*_OF_DATE, *_OF_TIME)
"""Parts of a time; with a zone as argument, else those of UTC."""
METHODS: dict[str, tuple[Overload, ...]] = {
    "size": FUNCTIONS["size"],
    "startsWith": (((STRING, STRING), BOOL),),
    "endsWith": (((STRING, STRING), BOOL),),
    "contains": (((STRING, STRING), BOOL),),
    "matches": (((STRING, STRING), BOOL),),
    "inCIDR": (((IP, STRING), BOOL),),
    **dict.fromkeys(_OF_DATE, (((TIMESTAMP,), INT), ((TIMESTAMP, STRING), INT))),
    **dict.fromkeys(_OF_TIME, (((TIMESTAMP,), INT), ((TIMESTAMP, STRING), INT), ((DURATION,), INT))),
}
MACROS = ("has", "all", "exists", "exists_one", "map", "filter")


def result_of(call: Call, given: Sequence[Type]) -> Type:
    """What `call` gives for arguments of the types `given`, its target first. Raises ExpressionError."""
    known = FUNCTIONS if call.target is None else METHODS
    overloads = known.get(call.name)
    if overloads is None:
        raise ExpressionError(f'there is no function "{call.name}"', call.column, _mend(call))
    found = [result for wanted, result in overloads if len(wanted) == len(given) and all(map(_taken, given, wanted))]
    if not found:
        shown = ", ".join(str(type_) for type_ in given)
        raise ExpressionError(f"{call.name}() does not take ({shown})", call.column, _takes(overloads))
    if call.target is not None:
        _check_constants(call)
    return found[0]


def _taken(given: Type, wanted: Type) -> bool:
    if DYN in (given, wanted):
        return True
    return given.name == wanted.name


def _takes(overloads: Sequence[Overload]) -> str:
    return "it takes " + " or ".join(f"({', '.join(str(type_) for type_ in wanted)})" for wanted, _ in overloads)


def _mend(call: Call) -> str:
    if call.target is None and call.name in METHODS:
        return f"write value.{call.name}(...)"
    if call.target is not None and call.name in FUNCTIONS:
        return f"write {call.name}(value)"
    return nearest(call.name, (*(FUNCTIONS if call.target is None else METHODS), *MACROS))


def _check_constants(call: Call) -> None:
    """What is worked out when the file is loaded must be written as a constant: patterns, networks and time zones."""
    kind = "pattern" if call.name == "matches" else "network" if call.name == "inCIDR" else "time zone"
    if (call.name not in ("matches", "inCIDR", *ZONED)) or not call.arguments:
        return
    argument = call.arguments[0]
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        raise ExpressionError(f"{call.name}() takes its {kind} as a constant", argument.column, "write it in quotes")
    text = argument.value
    if kind == "pattern" and (reason := refusal(text)):
        mend = "RE2 has no backreferences and no lookaround" if "(?" in reason else ""
        raise ExpressionError(f"the regular expression is not valid: {reason}", argument.column, mend)
    if kind == "network":
        _check_network(text, argument.column)
    if kind == "time zone" and text != "UTC":
        _check_zone(text, argument.column)


def _check_network(text: str, column: int) -> None:
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        try:
            mend = f'write "{ipaddress.ip_network(text, strict=False)}"'
        except ValueError:
            mend = "a network is as 10.0.0.0/8 or fd00::/8"
        raise ExpressionError(f"{text!r} is no network: {error}", column, mend) from None


def _check_zone(text: str, column: int) -> None:
    try:
        zoneinfo.ZoneInfo(text)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        mend = "a zone is as Europe/Berlin"
        raise ExpressionError(f"{text!r} is no time zone that this machine knows", column, mend) from None
