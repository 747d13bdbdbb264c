"""From the words of a condition to its syntax tree (cel-spec, "Syntax"), by recursive descent."""

from __future__ import annotations

from config.expressions.errors import ExpressionError
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
    extent,
)
from config.expressions.tokens import INT_MAX, RESERVED, Token, tokens

MAX_CHARACTERS = 4096
MAX_NESTING = 24
"""Brackets, signs and branches inside each other; deeper ones would let an author exhaust the stack of the process."""
MAX_NODES = 1000
MAX_DEPTH = 100
_RELATIONS = frozenset(("<", "<=", ">", ">=", "==", "!=", "in"))
_COMPREHENSIONS = {"all": (1, 1), "exists": (1, 1), "exists_one": (1, 1), "filter": (1, 1), "map": (1, 2)}


def parse(text: str) -> Node:
    """The tree of `text`. Raises ExpressionError for what is no CEL and for what is larger than the limits above."""
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"the expression has {len(text)} characters, more than {MAX_CHARACTERS}", 1)
    root = _Parser(tokens(text)).whole()
    size = extent(root)
    if size.nodes > MAX_NODES:
        raise ExpressionError(f"the expression has {size.nodes} parts, more than {MAX_NODES}", 1)
    if size.depth > MAX_DEPTH:
        raise ExpressionError(f"the expression is {size.depth} parts deep, more than {MAX_DEPTH}", 1)
    return root


class _Parser:
    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._at = 0
        self._nesting = 0

    def whole(self) -> Node:
        node = self._expression()
        if self._next.kind != "end":
            raise self._unexpected("an operator or the end")
        return node

    @property
    def _next(self) -> Token:
        return self._words[self._at]

    def _is(self, *operators: str) -> bool:
        return self._next.kind == "operator" and self._next.text in operators

    def _take(self) -> Token:
        word = self._words[self._at]
        self._at += 1
        return word

    def _expect(self, operator: str) -> Token:
        if not self._is(operator):
            raise self._unexpected(f'"{operator}"')
        return self._take()

    def _unexpected(self, wanted: str) -> ExpressionError:
        word = self._next
        shown = word.text if word.kind == "end" else f'"{word.text}"'
        return ExpressionError(f"{wanted} is expected, not {shown}", word.column)

    def _deeper(self) -> None:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise ExpressionError(f"the expression nests deeper than {MAX_NESTING}", self._next.column)

    def _expression(self) -> Node:
        self._deeper()
        node = self._joined("||")
        if self._is("?"):
            column = self._take().column
            then = self._joined("||")
            self._expect(":")
            node = Conditional(column, node, then, self._expression())
        self._nesting -= 1
        return node

    def _joined(self, operator: str) -> Node:
        first = self._relation() if operator == "&&" else self._joined("&&")
        if not self._is(operator):
            return first
        column = self._next.column
        terms = [first]
        while self._is(operator):
            self._take()
            terms.append(self._relation() if operator == "&&" else self._joined("&&"))
        return Logical(column, operator, tuple(terms))

    def _relation(self) -> Node:
        node = self._sum()
        while self._is(*_RELATIONS):
            word = self._take()
            node = Binary(word.column, word.text, node, self._sum())
        return node

    def _sum(self) -> Node:
        node = self._product()
        while self._is("+", "-"):
            word = self._take()
            node = Binary(word.column, word.text, node, self._product())
        return node

    def _product(self) -> Node:
        node = self._unary()
        while self._is("*", "/", "%"):
            word = self._take()
            node = Binary(word.column, word.text, node, self._unary())
        return node

    def _unary(self) -> Node:
        if not self._is("!", "-"):
            return self._member()
        self._deeper()
        word = self._take()
        number = self._next
        if word.text == "-" and number.kind == "literal" and type(number.value) in (int, float):
            # A number has its sign before a member of it is taken, so that the least integer can be written.
            self._at += 1
            assert isinstance(number.value, int | float)
            node = self._members(Literal(word.column, -number.value))
        else:
            node = Unary(word.column, word.text, self._unary())
        self._nesting -= 1
        return node

    def _member(self) -> Node:
        return self._members(self._primary())

    def _members(self, node: Node) -> Node:
        while True:
            if self._is("."):
                self._take()
                word = self._name("a field or function")
                node = self._called(node, word) if self._is("(") else Field(word.column, node, word.text)
            elif self._is("["):
                column = self._take().column
                node = Index(column, node, self._expression())
                self._expect("]")
            else:
                return node

    def _name(self, wanted: str) -> Token:
        if self._next.kind != "name":
            raise self._unexpected(wanted)
        return self._take()

    def _primary(self) -> Node:
        word = self._next
        if word.kind == "literal":
            self._take()
            if type(word.value) is int and word.value > INT_MAX and not isinstance(word.value, Unsigned):
                raise ExpressionError("the number does not fit into 64 bits", word.column)
            return Literal(word.column, word.value)
        if word.kind == "name":
            if word.text in RESERVED:
                raise ExpressionError(f'"{word.text}" is a reserved word', word.column)
            self._take()
            return self._called(None, word) if self._is("(") else Name(word.column, word.text)
        if self._is("("):
            self._take()
            node = self._expression()
            self._expect(")")
            return node
        if self._is("["):
            self._take()
            return ListOf(word.column, self._items("]"))
        if self._is("{"):
            return self._map()
        raise self._unexpected("a value")

    def _items(self, end: str) -> tuple[Node, ...]:
        """Up to and with `end`; a list may have a comma before it."""
        items: list[Node] = []
        while not self._is(end):
            items.append(self._expression())
            if not self._is(end):
                self._expect(",")
                if end == ")" and self._is(end):
                    raise self._unexpected("a value")
        self._take()
        return tuple(items)

    def _map(self) -> Node:
        column = self._take().column
        entries: list[tuple[Node, Node]] = []
        while not self._is("}"):
            key = self._expression()
            self._expect(":")
            entries.append((key, self._expression()))
            if not self._is("}"):
                self._expect(",")
        self._take()
        return MapOf(column, tuple(entries))

    def _called(self, target: Node | None, word: Token) -> Node:
        self._take()
        arguments = self._items(")")
        if target is None and word.text == "has":
            if len(arguments) != 1 or not isinstance(arguments[0], Field):
                mend = 'for a key in quotes write "key" in map'
                raise ExpressionError("has() takes one field, as in has(tags.lane)", word.column, mend)
            return Has(word.column, arguments[0])
        if target is not None and word.text in _COMPREHENSIONS:
            least, most = _COMPREHENSIONS[word.text]
            if not least + 1 <= len(arguments) <= most + 1:
                raise ExpressionError(f"{word.text}() takes a variable and an expression", word.column)
            variable = arguments[0]
            if not isinstance(variable, Name):
                raise ExpressionError(f"{word.text}() takes a variable first", variable.column)
            return Comprehension(word.column, word.text, target, variable.name, arguments[1:])
        return Call(word.column, word.text, target, arguments)
