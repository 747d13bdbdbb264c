"""Lines of names and values: each bad one is told by its number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.access import credential_file
from policies.access.credential_file import Problems, entries


def read(text: bytes) -> list[tuple[int, str, str]]:
    problems = Problems()
    found = list(entries(text, problems))
    problems.check()
    return found


def test_gives_names_and_values_with_their_lines() -> None:
    text = b"# people\n\nalice:a:b\r\nbob:\nJ\xc3\xbcrgen:x"
    assert read(text) == [(3, "alice", "a:b"), (4, "bob", ""), (5, "Jürgen", "x")]
    assert read(b"") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"alice:x\nbob\n", "line 2: no `name:` at its beginning"),
        (b"a:1\n:x\n", "line 2: a name that is empty"),
        (b"a" * 256 + b":x", "line 1: a name that is empty, over 255 characters"),
        (b"a\tb:x", "line 1: .* not printable"),
        (b"a\rb:x", "line 1: .* not printable"),
        (b"\xef\xbb\xbfa:x", "line 1: .* not printable"),
        (b"a:1\nb:2\na:3\n", "line 3: a is on line 1 already"),
        (b"a:1\n\xff:2\n", "line 2: not UTF-8"),
        (b"a\nb\n", "line 1: .*; line 2: "),
    ],
)
def test_refuses_by_line(text: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(text)


def test_of_very_many_problems_the_first_are_told() -> None:
    with pytest.raises(ValueError, match=r"line 8: .*; and 12 more$"):
        read(b"x\n" * 20)


def test_the_number_of_entries_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credential_file, "MAX_ENTRIES", 2)
    assert len(read(b"a:1\nb:2\n")) == 2
    with pytest.raises(ValueError, match="line 3: more than 2 entries"):
        read(b"a:1\nb:2\nc:3\nd:4\n")


@given(st.binary(max_size=80))
def test_any_octets_are_entries_or_refused(text: bytes) -> None:
    try:
        found = read(text)
    except ValueError as error:
        assert str(error).startswith("line ")
        return
    assert all(name and ":" not in name for _, name, _ in found)
