"""JSON objects that mean one thing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.access.json_object import parse_json_object

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_gives_back_what_was_written(members: dict[str, object]) -> None:
    assert parse_json_object(json.dumps(members).encode()) == members
    assert parse_json_object(json.dumps(members, ensure_ascii=False).encode()) == members


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a": 1, "a": 1}', "a member twice: 'a'"),
        (b'{"b": {"a": 1, "\\u0061": 2}}', "a member twice: 'a'"),
        (b'{"a": NaN}', "not JSON: NaN"),
        (b'{"a": -Infinity}', "not JSON"),
        (b'{"a": "\\ud800"}', "not UTF-8"),
        (b'{"a": ["\\udfff"]}', "not UTF-8"),
        (b'{"\\ud800": 1}', "not UTF-8"),
        (b'{"a": "\xff"}', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON"),
        (b'{"a": 1} x', "not JSON: Extra data at character 9"),
        (b'{"a": 1,}', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'"a"', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "nested too deep"),
        (b'{"a": ' + b"9" * 5000 + b"}", "limit"),
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_json_object(text)


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert parse_json_object(b'{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


@given(st.binary(max_size=60))
def test_any_octets_are_an_object_or_refused(text: bytes) -> None:
    try:
        members = parse_json_object(text)
    except ValueError:
        return
    assert isinstance(members, dict)
