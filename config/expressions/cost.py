"""The most that one evaluation of an expression can cost (after the estimate of Kubernetes' CEL validation rules).

A step costs 1; reading through a string costs 1 for each 100 characters, a pattern that for each four characters of it;
a macro costs its steps as often as its list or map can have items, and each naming of a map of the request 1 for each
item, as the library copies it. What a client sends is as long as the largest that a
listener takes by default.
"""

from __future__ import annotations

from config.expressions.errors import ExpressionError
from config.expressions.syntax import (
    Binary,
    Call,
    Comprehension,
    Conditional,
    Field,
    ListOf,
    Literal,
    MapOf,
    Name,
    Node,
    children,
)

MAX_COST = 40_000
"""About four milliseconds: more would let one client's requests hold up those of all others of the worker."""
STRING_CHARACTERS = 8192
MAP_ITEMS = 128
_READS = frozenset(("contains", "int", "uint", "double", "string", "bytes", "size"))


def check_cost(root: Node) -> int:
    """The cost of `root`, in steps. Raises ExpressionError over MAX_COST."""
    cost = _cost(root)
    if cost > MAX_COST:
        mend = "macros in macros multiply; ask for a key instead of going through a map"
        raise ExpressionError(f"one evaluation could cost {cost} steps, more than {MAX_COST}", root.column, mend)
    return cost


def _cost(node: Node) -> int:
    if isinstance(node, Comprehension):
        return 1 + _cost(node.over) + _size(node.over) * (1 + sum(map(_cost, node.steps)))
    inner = sum(map(_cost, children(node)))
    if isinstance(node, Call):
        subject = node.target if node.target is not None else node.arguments[0] if node.arguments else None
        length = _size(subject) if subject is not None else 0
        if node.name == "matches":
            pattern = node.arguments[0]
            return inner + 1 + _reading(length) * (1 + _size(pattern) // 4)
        if node.name in ("startsWith", "endsWith"):
            return inner + 1 + _reading(_size(node.arguments[0]))
        return inner + 1 + (_reading(length) if node.name in _READS else 0)
    if isinstance(node, Binary):
        if node.operator == "in":
            # A key of a map is found at once; the items of a list are compared one by one.
            return inner + 1 + (len(node.right.items) if isinstance(node.right, ListOf) else MAP_ITEMS)
        return inner + 1 + _reading(min(_size(node.left), _size(node.right)))
    return inner + 1 + (MAP_ITEMS if _is_map(node) else 0)


def _is_map(node: Node) -> bool:
    match node:
        case Name(name="tags") | Field(operand=Name(), name="headers" | "query" | "cookies" | "claims"):
            return True
        case _:
            return False


def _reading(characters: int) -> int:
    return -(-characters // 100)


def _size(node: Node) -> int:
    """The most characters or items of what `node` gives."""
    match node:
        case Literal(value=str() | bytes() as value):
            return len(value)
        case Literal():
            return 1
        case ListOf(items=items):
            return len(items)
        case MapOf(entries=entries):
            return len(entries)
        case Binary(operator="+", left=left, right=right):
            return _size(left) + _size(right)
        case Conditional(then=then, otherwise=otherwise):
            return max(_size(then), _size(otherwise))
        case Comprehension(macro="map" | "filter", over=over):
            return _size(over)
        case Name() | Field() if _is_map(node):
            return MAP_ITEMS
        case Field(name="ip" | "port"):
            return 45
        case _:
            return STRING_CHARACTERS
