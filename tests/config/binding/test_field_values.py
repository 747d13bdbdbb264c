"""Texts that may, and may not, be values of header fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.binding.field_values import media_type_flaw, value_flaw
from gateway.errors import ProtocolError
from tests.support.subjects import request


@pytest.mark.parametrize("value", ["", "a", "default-src 'self'; img-src *", "a\tb", "~"])
def test_printable_ascii_is_a_value(value: str) -> None:
    assert value_flaw(value) == ("", "")


@pytest.mark.parametrize("value", ["a\r\nx: y", "\n", "a\rb", "\0", "ä", "\x7f", "\x1b[0m"])
def test_what_ends_a_field_or_is_not_printable_is_none(value: str) -> None:
    message, mend = value_flaw(value)
    assert "RFC 9110 5.5" in message
    assert mend


@given(st.text(max_size=20))
def test_a_value_that_is_taken_is_read_back_as_one_field(value: str) -> None:
    if value_flaw(value) != ("", ""):
        return
    try:
        head = request(f"x-value: {value}")
    except ProtocolError:
        pytest.fail(f"{value!r} is no value")
    assert head.get_all(b"x-value") == [value.strip(" \t").encode()]


@pytest.mark.parametrize("value", ["text/html", "text/html; charset=utf-8", "application/problem+json", 'a/b;c="d"'])
def test_media_types_are_taken(value: str) -> None:
    assert media_type_flaw(value) == ("", "")


@pytest.mark.parametrize("value", ["html", "text/", "/html", "text/html, text/plain", "te xt/html", "text/html\r\n"])
def test_what_is_no_media_type_is_told(value: str) -> None:
    assert media_type_flaw(value)[0]
