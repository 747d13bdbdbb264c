"""What is written straight into the buffer is what a JSON library would write."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hot.json_writer import JsonWriter


def octets_written(octets: bytes) -> bytes:
    out = JsonWriter()
    out.put(b'"')
    out.put_octets(octets)
    out.put(b'"')
    return out.take()


def text_written(text: str) -> bytes:
    out = JsonWriter()
    out.put(b'"')
    out.put_text(text)
    out.put(b'"')
    return out.take()


@pytest.mark.parametrize("octet", range(256))
def test_every_octet_is_written_as_by_orjson(octet: int) -> None:
    octets = b"before" + bytes((octet,)) + b"behind"
    assert octets_written(octets) == orjson.dumps(octets.decode("latin-1"))


@given(st.binary(max_size=300))
def test_any_octets_are_written_as_by_orjson(octets: bytes) -> None:
    assert octets_written(octets) == orjson.dumps(octets.decode("latin-1"))


@given(st.text(max_size=300))
def test_any_text_is_written_as_by_orjson(text: str) -> None:
    assert text_written(text) == orjson.dumps(text)


def test_a_text_that_has_no_form_in_utf8_is_written_with_question_marks() -> None:
    assert text_written("a\ud800b") == b'"a?b"'


@pytest.mark.parametrize("put", [octets_written, lambda octets: text_written(octets.decode())])
def test_a_string_of_any_length_fits(put: object) -> None:
    assert callable(put)
    long = b'"' * 100_000
    assert put(long) == b'"' + b'\\"' * 100_000 + b'"'


@given(st.integers(0, 2**63 - 1) | st.integers(0, 18).map(lambda power: 10**power))
def test_counts_are_written_in_decimal(number: int) -> None:
    out = JsonWriter()
    out.put_count(number)
    assert out.take() == b"%d" % number


@given(st.integers(0, 10**15) | st.integers(0, 5_000_000))
def test_durations_are_written_as_the_shortest_number(duration_ns: int) -> None:
    out = JsonWriter()
    out.put_milliseconds(duration_ns)
    assert out.take() == orjson.dumps((duration_ns + 500) // 1000 / 1000)


@pytest.mark.parametrize("number", [0, 7, 45, 123, 999])
def test_three_digits_are_always_three(number: int) -> None:
    out = JsonWriter()
    out.put_three_digits(number)
    assert out.take() == b"%03d" % number


def test_numbers_make_room_where_there_is_none() -> None:
    out = JsonWriter()
    for _ in range(3000):
        out.put_count(12345)
        out.put_milliseconds(1_234_567)
        out.put_three_digits(7)
    assert out.take() == b"123451.235007" * 3000
