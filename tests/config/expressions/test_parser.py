"""What is CEL becomes its tree, what is not is refused, and nothing exhausts the stack."""

from __future__ import annotations

import cel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.expressions.errors import ExpressionError
from config.expressions.parser import MAX_CHARACTERS, MAX_DEPTH, MAX_NESTING, parse
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
)


def test_and_binds_stronger_than_or_and_a_branch_least() -> None:
    a, b, c, d, e = (Name(column, name) for column, name in ((1, "a"), (6, "b"), (11, "c"), (15, "d"), (19, "e")))
    tree = parse("a || b && c ? d : e")
    assert tree == Conditional(13, Logical(3, "||", (a, Logical(8, "&&", (b, c)))), d, e)


def test_arithmetic_goes_from_left_to_right_and_products_first() -> None:
    one, two, three = Literal(1, 1), Literal(5, 2), Literal(9, 3)
    assert parse("1 - 2 - 3") == Binary(7, "-", Binary(3, "-", one, two), three)
    assert parse("1 + 2 * 3") == Binary(3, "+", one, Binary(7, "*", two, three))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a.b[0]", Index(4, Field(3, Name(1, "a"), "b"), Literal(5, 0))),
        ("f(a, 1)", Call(1, "f", None, (Name(3, "a"), Literal(6, 1)))),
        ("a.f()", Call(3, "f", Name(1, "a"), ())),
        ("!a", Unary(1, "!", Name(2, "a"))),
        ("-a", Unary(1, "-", Name(2, "a"))),
        ("-9223372036854775808", Literal(1, -(2**63))),
        ("[1, 2,]", ListOf(1, (Literal(2, 1), Literal(5, 2)))),
        ("[]", ListOf(1, ())),
        ("{1: a,}", MapOf(1, ((Literal(2, 1), Name(5, "a")),))),
        ("has(a.b)", Has(1, Field(7, Name(5, "a"), "b"))),
        ("a.map(x, x, x)", Comprehension(3, "map", Name(1, "a"), "x", (Name(10, "x"), Name(13, "x")))),
        ("(a)", Name(2, "a")),
        ("a in b", Binary(3, "in", Name(1, "a"), Name(6, "b"))),
    ],
)
def test_each_form_has_its_node(text: str, tree: Node) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("a +", 4),
        ("a b", 3),
        ("(a", 3),
        ("a.", 3),
        ("a.1", 2),
        ("f(a,)", 5),
        ("[1 2]", 4),
        ("[,]", 2),
        ("{1}", 3),
        ("a ? b", 6),
        ("has(a)", 1),
        ("has(a[0])", 1),
        ("a.all(x)", 3),
        ("a.exists(1, x)", 10),
        ("a.map(x, x, x, x)", 3),
        ("for", 1),
        ("in", 1),
        ("9223372036854775808", 1),
    ],
)
def test_what_is_no_cel_is_refused_with_its_place(text: str, column: int) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert refused.value.column == column


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a" * (MAX_CHARACTERS + 1), "characters"),
        ("(" * (MAX_NESTING + 1) + "a", "nests deeper"),
        ("!" * (MAX_NESTING + 1) + "a", "nests deeper"),
        ("[" * 4096, "nests deeper"),
        ("a ? b : " * 500 + "c", "nests deeper"),
        ("a" + ".b" * (MAX_DEPTH + 1), "parts deep"),
        ("1" + "+1" * (MAX_DEPTH + 1), "parts deep"),
        ("[" + "1," * 1000 + "]", "parts, more"),
    ],
    ids=lambda value: value[:12],
)
def test_what_is_larger_than_the_limits_is_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        parse(text)


WORDS = st.sampled_from(
    [
        "a",
        "b",
        "1",
        '"s"',
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "?",
        ".",
        "&&",
        "||",
        "!",
        "-",
        "+",
        "==",
        "<",
        "in",
        "has(",
        ".all(x,",
        "f(",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_what_it_takes_the_library_takes(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        assert 1 <= error.column <= len(text) + 1
    else:
        cel.compile(text)
