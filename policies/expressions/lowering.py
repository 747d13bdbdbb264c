"""From a condition of the simple forms to compiled predicates.

Simple are `==`, `!=`, `in [...]`, startsWith, endsWith, contains and matches between a value of the request and a
constant string, `"key" in map`, has(), inCIDR, and `&&`, `||`, `!` over them.
"""

from __future__ import annotations

from collections.abc import Callable

from config.expressions.syntax import Binary, Call, Field, Has, Index, ListOf, Literal, Logical, Name, Node, Unary
from policies.expressions.predicates import (
    Affix,
    AllOf,
    AnyOf,
    Contains,
    Equals,
    Matches,
    Network,
    Not,
    OneOf,
    Predicate,
    Present,
)
from policies.expressions.values import (
    Address,
    Claim,
    Cookie,
    Header,
    Host,
    Identity,
    Method,
    Path,
    Query,
    Scheme,
    Tag,
    Tenant,
    Value,
)

_FIELDS: dict[tuple[str, str], Callable[[], Value]] = {
    ("request", "method"): Method,
    ("request", "scheme"): Scheme,
    ("request", "host"): Host,
    ("request", "path"): Path,
    ("source", "ip"): Address,
    ("source", "identity"): Identity,
    ("source", "tenant"): Tenant,
}
_MAPS: dict[tuple[str, str], Callable[[str], Value]] = {
    ("request", "headers"): lambda name: Header(name.encode("latin-1")),
    ("request", "query"): Query,
    ("request", "cookies"): Cookie,
    ("source", "claims"): Claim,
}
_OCTETS = (Method, Scheme, Host, Path, Header)
_TESTS: dict[str, Callable[[Value, str | bytes], Predicate]] = {
    "startsWith": lambda value, text: Affix(value, text, at_end=False),
    "endsWith": lambda value, text: Affix(value, text, at_end=True),
    "contains": Contains,
}


def lower(node: Node) -> Predicate | None:
    """`node`, which is checked, as a predicate; None where it is not of the simple forms."""
    match node:
        case Logical(operator=operator, terms=terms):
            lowered = [term for term in map(lower, terms) if term is not None]
            if len(lowered) < len(terms):
                return None
            return AllOf(tuple(lowered)) if operator == "&&" else AnyOf(tuple(lowered))
        case Unary(operator="!", operand=operand):
            term = lower(operand)
            return Not(term) if term is not None else None
        case Binary(operator="==" | "!=" as operator, left=left, right=right):
            equals = _equals(left, right) or _equals(right, left)
            return Not(equals) if equals is not None and operator == "!=" else equals
        case Binary(operator="in", left=Literal(value=str() as key), right=right):
            return _present(right, key)
        case Binary(operator="in", left=left, right=ListOf(items=items)):
            return _one_of(left, items)
        case Call():
            return _call(node)
        case Has(field=field):
            return _present(field.operand, field.name)
        case _:
            return None


def _value(node: Node) -> Value | None:
    match node:
        case Field(operand=Name(name=owner), name=name) if (owner, name) in _FIELDS:
            return _FIELDS[owner, name]()
        case Field(operand=operand, name=name):
            return _entry(operand, name)
        case Index(operand=operand, key=Literal(value=str() as key)):
            return _entry(operand, key)
        case _:
            return None


def _entry(owner: Node, key: str) -> Value | None:
    """The value of a map of the request."""
    match owner:
        case Name(name="tags"):
            return Tag(key)
        case Field(operand=Name(name=variable), name=name) if (variable, name) in _MAPS:
            # A name outside of Latin-1 is that of no header; the library says so.
            return _MAPS[variable, name](key) if key.isascii() or name != "headers" else None
        case _:
            return None


def _constant(value: Value, text: str) -> str | bytes | None:
    """`text` as what `value` reads; None where no octets are that text."""
    if not isinstance(value, _OCTETS):
        return text
    return text.encode("latin-1") if all(letter <= "\xff" for letter in text) else None


def _present(owner: Node, key: str) -> Predicate | None:
    value = _entry(owner, key)
    return Present(value) if value is not None else None


def _equals(left: Node, right: Node) -> Predicate | None:
    value = _value(left)
    if value is None or not isinstance(right, Literal) or not isinstance(right.value, str):
        return None
    constant = _constant(value, right.value)
    return Equals(value, constant) if constant is not None else None


def _one_of(left: Node, items: tuple[Node, ...]) -> Predicate | None:
    value = _value(left)
    if value is None:
        return None
    texts = [item.value for item in items if isinstance(item, Literal) and isinstance(item.value, str)]
    constants = [_constant(value, text) for text in texts]
    if len(texts) < len(items) or None in constants:
        return None
    return OneOf(value, frozenset(constant for constant in constants if constant is not None))


def _call(node: Call) -> Predicate | None:
    value = _value(node.target) if node.target is not None else None
    if value is None or len(node.arguments) != 1:
        return None
    argument = node.arguments[0]
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        return None
    if node.name == "inCIDR" and isinstance(value, Address):
        return Network(argument.value)
    if node.name == "matches":
        return Matches(value, argument.value)
    constant = _constant(value, argument.value)
    return _TESTS[node.name](value, constant) if node.name in _TESTS and constant is not None else None
