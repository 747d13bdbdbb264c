"""The type of an expression (cel-spec, "Gradual Type Checking"), with an error for what could never be evaluated."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from types import MappingProxyType

from config.expressions.errors import ExpressionError
from config.expressions.functions import FUNCTIONS, METHODS, result_of
from config.expressions.syntax import (
    Binary,
    Call,
    Comprehension,
    Conditional,
    Field,
    Has,
    Index,
    ListOf,
    Literal,
    Logical,
    MapOf,
    Name,
    Node,
    Unary,
    Unsigned,
)
from config.expressions.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    FIELDS,
    INT,
    IP,
    KEYS,
    NULL,
    NUMBERS,
    ORDERED,
    STRING,
    TIMESTAMP,
    TYPE,
    TYPE_NAMES,
    UINT,
    VARIABLES,
    Type,
    comparable,
    joined,
    list_of,
    map_of,
)
from config.problems import nearest

_NOTHING: Mapping[str, Type] = MappingProxyType({})
_OF_CONSTANT: dict[type, Type] = {
    str: STRING,
    bytes: BYTES,
    bool: BOOL,
    int: INT,
    Unsigned: UINT,
    float: DOUBLE,
    type(None): NULL,
}
_OF_TIMES = {
    (TIMESTAMP, "+", DURATION): TIMESTAMP,
    (TIMESTAMP, "-", DURATION): TIMESTAMP,
    (TIMESTAMP, "-", TIMESTAMP): DURATION,
    (DURATION, "+", DURATION): DURATION,
    (DURATION, "-", DURATION): DURATION,
}


def type_of(node: Node, bound: Mapping[str, Type] = _NOTHING) -> Type:
    """The type of `node`; `bound` are the variables of the macros around it. Raises ExpressionError."""
    match node:
        case Literal(value=value):
            return _OF_CONSTANT[type(value)]
        case Name():
            return _name(node, bound)
        case Field():
            return _field(node, bound)
        case Index():
            return _index(node, bound)
        case Call(target=target, arguments=arguments):
            given = arguments if target is None else (target, *arguments)
            return result_of(node, [type_of(each, bound) for each in given])
        case Unary():
            return _unary(node, bound)
        case Binary():
            return _binary(node, bound)
        case Logical(operator=operator, terms=terms):
            for term in terms:
                _require_bool(term, bound, f'"{operator}"')
            return BOOL
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            _require_bool(condition, bound, '"?"')
            return joined([type_of(then, bound), type_of(otherwise, bound)])
        case ListOf(items=items):
            return list_of(joined([type_of(item, bound) for item in items]))
        case MapOf():
            return _map(node, bound)
        case Has(field=field):
            return _has(field, bound)
        case Comprehension():
            return _comprehension(node, bound)


def _require_bool(node: Node, bound: Mapping[str, Type], whose: str) -> None:
    found = type_of(node, bound)
    if found not in (BOOL, DYN):
        raise ExpressionError(f"{whose} takes bool, not {found}", node.column)


def _name(node: Name, bound: Mapping[str, Type]) -> Type:
    if node.name in bound:
        return bound[node.name]
    if node.name in VARIABLES:
        if VARIABLES[node.name] in FIELDS:
            raise ExpressionError(f'"{node.name}" is no value by itself', node.column, "write a dot and a field of it")
        return VARIABLES[node.name]
    if node.name in TYPE_NAMES:
        return TYPE
    owner = next((type_.name for type_, fields in FIELDS.items() if node.name in fields), "")
    mend = f'did you mean "{owner}.{node.name}"?' if owner else nearest(node.name, (*bound, *VARIABLES))
    raise ExpressionError(f'there is no variable "{node.name}"', node.column, mend)


def _field(node: Field, bound: Mapping[str, Type]) -> Type:
    owner = _owner(node.operand, bound)
    if owner in FIELDS:
        if node.name not in FIELDS[owner]:
            mend = nearest(node.name, FIELDS[owner])
            raise ExpressionError(f'{owner} has no field "{node.name}"', node.column, mend)
        return FIELDS[owner][node.name]
    if owner.name == "map":
        _check_header_name(node.operand, node.name, node.column)
        return owner.parts[1]
    if owner == DYN:
        return DYN
    mend = f"write {node.name}()" if node.name in METHODS else ""
    raise ExpressionError(f'{owner} has no field "{node.name}"', node.column, mend)


def _owner(node: Node, bound: Mapping[str, Type]) -> Type:
    """The type of what stands before a dot: there, `request` and `source` may stand."""
    if isinstance(node, Name) and node.name not in bound and VARIABLES.get(node.name) in FIELDS:
        return VARIABLES[node.name]
    return type_of(node, bound)


def _check_header_name(owner: Node, name: str, column: int) -> None:
    if isinstance(owner, Field) and owner.name == "headers" and name != name.lower():
        mend = f'write "{name.lower()}"'
        raise ExpressionError(f"names of headers are in lower case, {name!r} is never found", column, mend)


def _index(node: Index, bound: Mapping[str, Type]) -> Type:
    owner, key = type_of(node.operand, bound), type_of(node.key, bound)
    if owner == DYN:
        return DYN
    if owner.name not in ("map", "list"):
        raise ExpressionError(f"{owner} has no [ ]", node.column)
    wanted = owner.parts[0] if owner.name == "map" else INT
    if not comparable(key, wanted):
        raise ExpressionError(f"[ ] of {owner} takes {wanted}, not {key}", node.key.column)
    if isinstance(node.key, Literal) and isinstance(node.key.value, str):
        _check_header_name(node.operand, node.key.value, node.key.column)
    return owner.parts[-1]


def _unary(node: Unary, bound: Mapping[str, Type]) -> Type:
    if node.operator == "!":
        _require_bool(node.operand, bound, '"!"')
        return BOOL
    found = type_of(node.operand, bound)
    if found not in (INT, DOUBLE, DYN):
        raise ExpressionError(f'"-" takes a number, not {found}', node.operand.column)
    return found


def _binary(node: Binary, bound: Mapping[str, Type]) -> Type:
    operator, left, right = node.operator, type_of(node.left, bound), type_of(node.right, bound)
    if operator == "in":
        return _in(node, left, right)
    if operator in ("==", "!="):
        if not comparable(left, right):
            raise ExpressionError(f"{left} and {right} cannot be compared", node.column, _conversion(left, right))
        for type_, other in ((left, node.right), (right, node.left)):
            if type_ == IP:
                _check_addresses(other)
        return BOOL
    if operator in ("<", "<=", ">", ">="):
        if DYN in (left, right) or (left == right and left in ORDERED):
            return BOOL
        raise ExpressionError(f'"{operator}" does not take {left} and {right}', node.column, _conversion(left, right))
    if DYN in (left, right):
        return DYN
    if left == right and _adds(left, operator):
        return left
    if operator == "+" and left.name == right.name == "list":
        return list_of(joined([*left.parts, *right.parts]))
    if (left, operator, right) in _OF_TIMES:
        return _OF_TIMES[left, operator, right]
    raise ExpressionError(f'"{operator}" does not take {left} and {right}', node.column, _conversion(left, right))


def _adds(type_: Type, operator: str) -> bool:
    if type_ in NUMBERS:
        return operator != "%" or type_ != DOUBLE
    return operator == "+" and type_ in (STRING, BYTES)


def _conversion(left: Type, right: Type) -> str:
    for type_, other in ((left, right), (right, left)):
        if type_ == STRING and other in NUMBERS:
            return f"write {other}(...) around the string"
    return "convert one of them, as by double(...)" if {left, right} <= NUMBERS else ""


def _in(node: Binary, left: Type, right: Type) -> Type:
    if right != DYN and right.name not in ("list", "map"):
        raise ExpressionError(f'"in" takes a list or a map, not {right}', node.right.column)
    if right.parts and not comparable(left, right.parts[0]):
        raise ExpressionError(f"{left} is never in {right}", node.column)
    if left == IP:
        _check_addresses(node.right)
    if isinstance(node.left, Literal) and isinstance(node.left.value, str):
        _check_header_name(node.right, node.left.value, node.left.column)
    return BOOL


def _check_addresses(node: Node) -> None:
    """Constants that a client's address is compared with must be written as addresses are."""
    for each in node.items if isinstance(node, ListOf) else (node,):
        if not isinstance(each, Literal) or not isinstance(each.value, str):
            continue
        try:
            written = str(ipaddress.ip_address(each.value))
        except ValueError:
            mend = f'write source.ip.inCIDR("{each.value}")' if "/" in each.value else ""
            raise ExpressionError(f"{each.value!r} is no address", each.column, mend) from None
        if written != each.value:
            raise ExpressionError(f"{each.value!r} is never the address of a client", each.column, f'write "{written}"')


def _map(node: MapOf, bound: Mapping[str, Type]) -> Type:
    keys, values = [], []
    for key, value in node.entries:
        keys.append(type_of(key, bound))
        if keys[-1] not in KEYS:
            raise ExpressionError(f"a key of a map is int, uint, bool or string, not {keys[-1]}", key.column)
        values.append(type_of(value, bound))
    return map_of(joined(keys), joined(values))


def _has(field: Field, bound: Mapping[str, Type]) -> Type:
    if _owner(field.operand, bound) in FIELDS:
        type_of(field, bound)
        raise ExpressionError(f'"{field.name}" is always there', field.column, 'compare it with ""')
    type_of(field, bound)
    return BOOL


def _comprehension(node: Comprehension, bound: Mapping[str, Type]) -> Type:
    over = type_of(node.over, bound)
    if over != DYN and over.name not in ("list", "map"):
        raise ExpressionError(f"{node.macro}() is of a list or a map, not of {over}", node.column)
    if node.variable in (*VARIABLES, *TYPE_NAMES, *FUNCTIONS):
        raise ExpressionError(f'"{node.variable}" has a meaning already', node.column, "take another name")
    item = over.parts[0] if over.parts else DYN
    inner = {**bound, node.variable: item}
    tests = node.steps[:-1] if node.macro == "map" else node.steps
    for test in tests:
        _require_bool(test, inner, f"{node.macro}()")
    if node.macro == "map":
        return list_of(type_of(node.steps[-1], inner))
    return list_of(item) if node.macro == "filter" else BOOL
