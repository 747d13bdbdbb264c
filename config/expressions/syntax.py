"""The syntax tree of a condition. Every node knows its column, from 1, for what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

Constant = str | bytes | bool | int | float | None


class Unsigned(int):
    """An integer written with `u`."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; an integer with `u` is an `Unsigned`."""

    column: int
    value: Constant


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or the name of a type."""

    column: int
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """`operand.name`; `column` is that of the name."""

    column: int
    operand: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`operand[key]`."""

    column: int
    operand: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`, or `target.name(arguments)`; `column` is that of the name."""

    column: int
    name: str
    target: Node | None
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`!` or `-` before an operand."""

    column: int
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """A relation (`in` among them) or a step of arithmetic; `column` is that of the operator."""

    column: int
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logical:
    """Two or more terms joined by `&&` or by `||`."""

    column: int
    operator: str
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    """`condition ? then : otherwise`."""

    column: int
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[items]`."""

    column: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """`{key: value}`."""

    column: int
    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Has:
    """`has(operand.name)`."""

    column: int
    field: Field


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`over.macro(variable, steps)`: `all`, `exists`, `exists_one`, `filter` have one step, `map` one or two."""

    column: int
    macro: str
    over: Node
    variable: str
    steps: tuple[Node, ...]


Node = (
    Literal
    | Name
    | Field
    | Index
    | Call
    | Unary
    | Binary
    | Logical
    | Conditional
    | ListOf
    | MapOf
    | Has
    | Comprehension
)


class Extent(NamedTuple):
    """How large a tree is: its nodes, and the longest way from its root to one."""

    nodes: int
    depth: int


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly under `node`, in the order in which they are written."""
    match node:
        case Literal() | Name():
            return ()
        case Field(operand=operand) | Unary(operand=operand):
            return (operand,)
        case Index(operand=operand, key=key):
            return (operand, key)
        case Call(target=target, arguments=arguments):
            return arguments if target is None else (target, *arguments)
        case Binary(left=left, right=right):
            return (left, right)
        case Logical(terms=terms):
            return terms
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case ListOf(items=items):
            return items
        case MapOf(entries=entries):
            return tuple(node for entry in entries for node in entry)
        case Has(field=field):
            return (field,)
        case Comprehension(over=over, steps=steps):
            return (over, *steps)


def walk(root: Node) -> Iterator[tuple[Node, int]]:
    """Every node with its depth, the root's being 1; takes no stack, so it may be used on a tree of any depth."""
    waiting: list[tuple[Node, int]] = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in children(node))


def extent(root: Node) -> Extent:
    """How large the tree under `root` is."""
    nodes = deepest = 0
    for _, depth in walk(root):
        nodes += 1
        deepest = max(deepest, depth)
    return Extent(nodes, deepest)
