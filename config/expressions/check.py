"""A condition from its text to what can be evaluated: read, typed, bounded, or refused with the reason."""

from __future__ import annotations

from dataclasses import dataclass

import cel

from config.expressions.checker import type_of
from config.expressions.cost import check_cost
from config.expressions.errors import ExpressionError
from config.expressions.parser import parse
from config.expressions.syntax import Field, Name, Node, walk
from config.expressions.types import BOOL, DYN, FIELDS, VARIABLES

_MAX_KNOWN = 10_000
_KNOWN: dict[str, Checked | ExpressionError] = {}


@dataclass(frozen=True, slots=True)
class Checked:
    """A condition that can be evaluated.

    `needs` names what of a request it reads: `request.headers`, `source.claims`, `tags`, `now`. `cost` is the most
    steps of one evaluation.
    """

    text: str
    root: Node
    needs: frozenset[str]
    cost: int

    @property
    def uses_tags(self) -> bool:
        """Whether it must wait until the tags are set."""
        return "tags" in self.needs

    @property
    def uses_claims(self) -> bool:
        """Whether it must wait until a token is verified."""
        return "source.claims" in self.needs

    @property
    def uses_now(self) -> bool:
        """Whether the same request may get another result later."""
        return "now" in self.needs


def check(text: str) -> Checked:
    """`text` as a condition: an expression of type bool (or of a claim's, `dyn`) over the variables of a request.

    Raises ExpressionError where it is no CEL, is of another type, or could cost too much. The same text is worked out
    once.
    """
    known = _KNOWN.get(text)
    if known is None:
        if len(_KNOWN) >= _MAX_KNOWN:
            _KNOWN.clear()
        try:
            known = _checked(text)
        except ExpressionError as error:
            known = error.with_traceback(None)
        _KNOWN[text] = known
    if isinstance(known, ExpressionError):
        raise ExpressionError(known.message, known.column, known.suggestion)
    return known


def _checked(text: str) -> Checked:
    root = parse(text)
    found = type_of(root)
    if found not in (BOOL, DYN):
        raise ExpressionError(f"the expression is {found}, and must be bool", root.column, "compare it with something")
    cost = check_cost(root)
    try:
        cel.compile(text)
    except ValueError as error:
        # The grammar of the library that evaluates: what it reads otherwise than Weir must not wait for a request.
        raise ExpressionError(f"the expression is not taken: {str(error).splitlines()[0]}", 1) from None
    return Checked(text, root, _needs(root), cost)


def _needs(root: Node) -> frozenset[str]:
    names = {name: type_ for name, type_ in VARIABLES.items() if type_ not in FIELDS}
    found = set()
    for node, _ in walk(root):
        if isinstance(node, Name) and node.name in names:
            found.add(node.name)
        elif isinstance(node, Field) and isinstance(node.operand, Name) and VARIABLES.get(node.operand.name) in FIELDS:
            found.add(f"{node.operand.name}.{node.name}")
    return frozenset(found)
