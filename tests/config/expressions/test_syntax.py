"""A tree is walked without a stack, whatever is in it."""

from __future__ import annotations

from config.expressions.parser import parse
from config.expressions.syntax import Literal, Unary, children, extent, walk

EVERY = 'has(a.b) ? [c[0], -d] : {"e": f(g) in h.map(x, x + 1)} == i || !j'


def test_every_node_is_met_with_its_depth() -> None:
    found = [(type(node).__name__, depth) for node, depth in walk(parse(EVERY))]
    assert found[0] == ("Conditional", 1)
    assert {name for name, _ in found} == {
        "Conditional",
        "Has",
        "Field",
        "Name",
        "ListOf",
        "Index",
        "Literal",
        "Unary",
        "Logical",
        "Binary",
        "MapOf",
        "Call",
        "Comprehension",
    }
    assert extent(parse(EVERY)) == (len(found), max(depth for _, depth in found))


def test_children_are_in_the_order_of_the_text() -> None:
    assert [node.column for node in children(parse("a ? b : c"))] == [1, 5, 9]


def test_a_tree_deeper_than_the_stack_is_walked() -> None:
    node: Unary | Literal = Literal(1, value=True)
    for _ in range(5000):
        node = Unary(1, "!", node)
    assert extent(node) == (5001, 5001)
