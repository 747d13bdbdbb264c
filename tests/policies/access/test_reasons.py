"""What clients write stays short and on one line."""

from __future__ import annotations

from policies.access.reasons import shown


def test_texts_are_quoted_and_cut() -> None:
    assert shown("a\r\nb") == r"'a\r\nb'"
    assert shown(["a"]) == "['a']"
    assert len(shown("x" * 8000)) == 83
