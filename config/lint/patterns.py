"""Regular expressions of paths that say no more than an exact path or a prefix does."""

from __future__ import annotations

import re

from config.snapshot import PathMatch

_LITERAL = re.compile(r"(?:[A-Za-z0-9/_~!@%&=:,;'-]|\\[^A-Za-z0-9])*")
_ESCAPED = re.compile(r"\\(.)")
_BELOW = ("(/.*)?", "(?:/.*)?", "(|/.*)", "(?:|/.*)", "(/.*|)", "(?:/.*|)")
"""Ways to say: nothing more, or a slash and anything."""
_ANY = frozenset((".*", "/.*"))
"""A path begins with a slash."""


def plain(pattern: str) -> PathMatch | None:
    """The `Exact` or `PathPrefix` match that takes the same paths as `pattern`, which must take whole paths (as RE2).

    None where there is none, or where it is not seen: only what people write is known, not all that is equal.
    """
    text = pattern.removeprefix("^")
    if text.endswith("$") and not text.endswith("\\$"):
        text = text.removesuffix("$")
    if text in _ANY:
        return PathMatch("PathPrefix", "/")
    for below in _BELOW:
        if text.endswith(below):
            prefix = _literal(text.removesuffix(below))
            # A pattern `/a/(/.*)?` takes `/a/` and `/a//b`; the prefix `/a/` takes `/a` and `/a/b`.
            is_prefix = prefix is not None and not prefix.endswith("/")
            return PathMatch("PathPrefix", prefix or "/") if is_prefix else None
    exact = _literal(text)
    return PathMatch("Exact", exact) if exact else None


def _literal(text: str) -> str | None:
    """What `text` matches, where that is one text only."""
    return _ESCAPED.sub(r"\1", text) if _LITERAL.fullmatch(text) else None
