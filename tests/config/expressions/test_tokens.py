"""The words of CEL, and what is none of them."""

from __future__ import annotations

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.expressions.errors import ExpressionError
from config.expressions.syntax import Unsigned
from config.expressions.tokens import tokens

ESCAPES = '"\\a\\b\\f\\n\\r\\t\\v\\?\\"\\\'\\`\\\\"'


@pytest.mark.parametrize(
    "text",
    [
        '"a"',
        "'a\"'",
        '"""a\n"b"""',
        "'''a\n'b'''",
        r'r"a\d"',
        r"R'''\n'''",
        'b"\xe9"',
        r'b"\xff\377"',
        r'bR"\x"',
        ESCAPES,
        r'"\u00e9\U0001F600\x41\101"',
        "12",
        "0xFf",
        "1.5",
        ".5",
        "1e3",
        "1.5E-3",
        "true",
        "null",
        "// a comment\n 1",
    ],
)
def test_a_literal_is_what_the_library_reads(text: str) -> None:
    word, end = tokens(text)
    assert (word.kind, end.kind) == ("literal", "end")
    assert word.value == cel.evaluate(text)


def test_an_integer_with_u_is_unsigned() -> None:
    assert [type(tokens(text)[0].value) for text in ("1u", "0xFU", "18446744073709551615u")] == [Unsigned] * 3


def test_words_know_their_columns() -> None:
    found = [(word.kind, word.text, word.column) for word in tokens('a.b in["c"]&&1')]
    assert found == [
        ("name", "a", 1),
        ("operator", ".", 2),
        ("name", "b", 3),
        ("operator", "in", 5),
        ("operator", "[", 7),
        ("literal", '"c"', 8),
        ("operator", "]", 11),
        ("operator", "&&", 12),
        ("literal", "1", 14),
        ("end", "the end", 15),
    ]


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a = b", 3, "unexpected character"),
        ("a & b", 3, "unexpected character"),
        ("a # b", 3, "unexpected character"),
        ('"abc', 1, "does not end"),
        ('"a\nb"', 1, "does not end"),
        ("'''a''", 1, "does not end"),
        ('"\\q"', 2, "unknown escape"),
        ('"\\', 2, "unknown escape"),
        ('"\\u12"', 2, "unknown escape"),
        ('"\\400"', 2, "unknown escape"),
        ('"\\ud800"', 2, "no character"),
        ('"\\U00110000"', 2, "no character"),
        ('b"\\u0041"', 3, "no such escape"),
        ("1abc", 2, "cannot follow"),
        ("9223372036854775809", 1, "64 bits"),
        ("18446744073709551616u", 1, "64 bits"),
        ("1e400", 1, "too large"),
    ],
)
def test_what_is_no_word_is_refused_with_its_place(text: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as refused:
        tokens(text)
    assert refused.value.column == column


@given(st.text(st.sampled_from("ab\"'\\\n rRbBxu01.=&|<(é\ud800"), max_size=24))
def test_any_text_ends_in_words_or_in_an_error(text: str) -> None:
    try:
        found = tokens(text)
    except ExpressionError as error:
        assert 1 <= error.column <= len(text) + 1
    else:
        assert found[-1].kind == "end"
