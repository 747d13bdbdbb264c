"""Many patterns in one pass against each of them alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hot import patterns as module
from gateway.hot.patterns import Patterns, fullmatch

PARTS = ["a", "b", ".", "[ab]", "a*", "(a|b)", "b?", "/", "(?i:A)", r"\d"]
TEXTS = st.lists(st.sampled_from([b"a", b"b", b"A", b"/", b"7", b"\n", b"\xff", "é".encode()]), max_size=6).map(
    b"".join
)


@given(texts=st.lists(st.lists(st.sampled_from(PARTS), max_size=4).map("".join), min_size=1, max_size=8), value=TEXTS)
def test_a_set_matches_what_each_of_its_patterns_matches(texts: list[str], value: bytes) -> None:
    encoded = [text.encode() for text in texts]
    expected = [position for position, text in enumerate(encoded) if fullmatch(text)(value) is not None]
    assert sorted(Patterns(encoded).matching(value)) == expected


def test_the_whole_text_must_match() -> None:
    found = Patterns([b"/[0-9]+", b"/.*"])
    assert sorted(found.matching(b"/12")) == [0, 1]
    assert found.matching(b"/12a") == [1]
    assert found.matching(b"x/12") == []


def test_octets_that_are_no_text_are_matched_in_one_pass_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(text: bytes) -> object:
        raise AssertionError(f"{text!r} alone")

    found = Patterns([b"/[0-9]+", b"/a"])
    monkeypatch.setattr(module, "fullmatch", lambda _pattern: none)
    assert found.matching(b"/\xff\xfe") == []
    assert found.matching(b"") == []


def test_a_set_that_does_not_fit_its_memory_answers_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """RE2 calls a text that took too much memory one that nothing matches."""
    monkeypatch.setattr(module, "BYTES_PER_PATTERN", 0)
    texts = [rb"/.*a.{%d}" % number for number in range(30)]
    value = b"/" + b"ab" * 30
    expected = [position for position in range(30) if re.fullmatch(texts[position], value)]
    assert expected
    for base_bytes in (1, 1 << 14, 1 << 16, 1 << 20):
        monkeypatch.setattr(module, "BASE_BYTES", base_bytes)
        assert sorted(Patterns(texts).matching(value)) == expected
