"""Many regular expressions against one text in one pass: the cost does not grow with their number.

The whole text must match, as with Envoy's `safe_regex`. RE2 walks one automaton for all of them (`re2::RE2::Set`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import re2  # type: ignore[import-untyped]

BASE_BYTES = 8 << 20
"""RE2's own bound on the memory of one automaton."""
BYTES_PER_PATTERN = 8 << 10
"""What each pattern adds to that bound: a set that is too narrow for its automaton answers only one by one."""
EVERYTHING = rb"\C*"
"""Any octets. A dot takes characters of UTF-8 alone, and a client may send what is none."""


class Patterns:
    """`texts` in the syntax of RE2, which must be valid; a pattern goes by its position."""

    __slots__ = ("_each", "_match", "count", "texts")

    def __init__(self, texts: Sequence[bytes]) -> None:
        self.texts = tuple(texts)
        self.count = len(self.texts)
        self._each: list[Callable[[bytes], object]] | None = None
        self._match = _one_pass(self.texts)

    def matching(self, text: bytes) -> list[int]:
        """The positions of those that match, in no order."""
        found: list[int] | None = self._match(text) if self._match is not None else None
        if found is not None and self.count in found:
            found.remove(self.count)
            return found
        return self._one_by_one(text)

    def _one_by_one(self, text: bytes) -> list[int]:
        """As `matching`, for a set whose automaton does not fit its memory or takes no text such as this one."""
        if self._each is None:
            self._each = [fullmatch(pattern) for pattern in self.texts]
        return [position for position, matches in enumerate(self._each) if matches(text) is not None]


def _one_pass(texts: Sequence[bytes]) -> Callable[[bytes], list[int] | None] | None:
    """The match of the whole set; None where it does not fit its memory.

    RE2 reports a text that took too much memory as one that nothing matches. So one pattern more is added, which
    matches all: an answer without it is none.
    """
    options = _options()
    options.max_mem = BASE_BYTES + BYTES_PER_PATTERN * len(texts)
    options.never_capture = True
    patterns = re2.Set.FullMatchSet(options)
    for text in (*texts, EVERYTHING):
        patterns.Add(text)
    try:
        patterns.Compile()
    except re2.error:
        return None
    return cast("Callable[[bytes], list[int] | None]", patterns.Match)


def fullmatch(pattern: bytes) -> Callable[[bytes], object]:
    """The match of one pattern: not None where it takes the whole of a text."""
    return cast("Callable[[bytes], object]", re2.compile(pattern, _options()).fullmatch)


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options
