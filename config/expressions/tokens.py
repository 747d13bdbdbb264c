"""From the text of a condition to its words (cel-spec, "Lexis")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from config.expressions.errors import ExpressionError
from config.expressions.syntax import Constant, Unsigned

Kind = Literal["literal", "name", "operator", "end"]

_SPACE = re.compile(r"(?:[ \t\r\n\f]|//[^\n]*)*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"(?P<hex>0[xX][0-9a-fA-F]+)|[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|[0-9]+")
_QUOTE = re.compile(r"([bB]?[rR]?)(\"\"\"|'''|\"|')")
_OPERATOR = re.compile(r"&&|\|\||[=!<>]=|[-+*/%<>!?:.,\[\](){}]")
_ESCAPE = re.compile(r"\\(?:[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)", re.DOTALL)
_ONE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"} | {c: c for c in "\\?\"'`"}
_WORDS: dict[str, Constant] = {"true": True, "false": False, "null": None}
RESERVED = frozenset(
    (
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    )
)
INT_MAX, UINT_MAX = 2**63 - 1, 2**64 - 1


@dataclass(frozen=True, slots=True)
class Token:
    """A word: `text` of a name or operator, `value` of a literal. `-9223372036854775808` is a literal after `-`."""

    kind: Kind
    column: int
    text: str = ""
    value: Constant = None


def tokens(text: str) -> list[Token]:
    """The words of `text`, the last of kind `end`. Raises ExpressionError."""
    found: list[Token] = []
    pos = 0
    while True:
        space = _SPACE.match(text, pos)
        pos = space.end() if space else pos
        column = pos + 1
        if pos == len(text):
            return [*found, Token("end", column, "the end")]
        if quote := _QUOTE.match(text, pos):
            value, pos = _quoted(text, quote)
            found.append(Token("literal", column, text[column - 1 : pos], value))
        elif number := _NUMBER.match(text, pos):
            number_value, pos = _number(text, number)
            found.append(Token("literal", column, text[column - 1 : pos], number_value))
        elif name := _NAME.match(text, pos):
            pos = name.end()
            word = name[0]
            if word in _WORDS:
                found.append(Token("literal", column, word, _WORDS[word]))
            else:
                found.append(Token("operator" if word == "in" else "name", column, word))
        elif operator := _OPERATOR.match(text, pos):
            pos = operator.end()
            found.append(Token("operator", column, operator[0]))
        else:
            mend = {"=": 'write "=="', "&": 'write "&&"', "|": 'write "||"'}.get(text[pos], "")
            raise ExpressionError(f"unexpected character {text[pos]!r}", column, mend)


def _number(text: str, found: re.Match[str]) -> tuple[Constant, int]:
    column, end = found.start() + 1, found.end()
    written = found[0]
    if found["hex"] or written.isdigit():
        number = int(written, 16 if found["hex"] else 10)
        if unsigned := text[end : end + 1] in ("u", "U"):
            end += 1
        # One more than the largest is let through here, for a minus before it; the parser knows.
        if number > (UINT_MAX if unsigned else INT_MAX + 1):
            raise ExpressionError("the number does not fit into 64 bits", column)
        value: Constant = Unsigned(number) if unsigned else number
    else:
        value = float(written)
        if value == float("inf"):
            raise ExpressionError("the number is too large for a double", column)
    if _NAME.match(text, end):
        raise ExpressionError("a name cannot follow a number directly", end + 1)
    return value, end


def _quoted(text: str, found: re.Match[str]) -> tuple[str | bytes, int]:
    column, start = found.start() + 1, found.end()
    prefix, quote = found[1].lower(), found[2]
    raw, octets = "r" in prefix, "b" in prefix
    parts: list[str | bytes] = []
    pos = start
    while not text.startswith(quote, pos):
        letter = text[pos : pos + 1]
        if not letter or (letter in "\r\n" and len(quote) == 1):
            raise ExpressionError("the string does not end", column, f"close it with {quote}")
        if letter == "\\" and not raw:
            part, pos = _escaped(text, pos, octets=octets)
            parts.append(part)
        else:
            parts.append(letter)
            pos += 1
    end = pos + len(quote)
    if octets:
        return b"".join(part.encode() if isinstance(part, str) else part for part in parts), end
    return "".join(part if isinstance(part, str) else part.decode() for part in parts), end


def _escaped(text: str, pos: int, *, octets: bool) -> tuple[str | bytes, int]:
    found = _ESCAPE.match(text, pos)
    body = found[0][1:] if found else ""
    if found is None or (len(body) == 1 and body not in _ONE):
        raise ExpressionError(f"unknown escape {text[pos : pos + 2]!r}", pos + 1, 'write "\\\\" for a backslash')
    if len(body) == 1:
        return _ONE[body], found.end()
    code = int(body, 8) if body[0] in "0123" else int(body[1:], 16)
    if body[0] in "uU" and (octets or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF):
        raise ExpressionError("the escape is no character" if not octets else "bytes have no such escape", pos + 1)
    return bytes((code,)) if octets else chr(code), found.end()
