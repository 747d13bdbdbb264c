"""Base64url in one form only."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.access.base64url import decode_base64url


@given(st.binary(max_size=100))
def test_gives_back_what_was_encoded(octets: bytes) -> None:
    assert decode_base64url(urlsafe_b64encode(octets).rstrip(b"=")) == octets


@pytest.mark.parametrize(
    "text", [b"QQ==", b"QR", b"Q", b"Q Q", b"QQ\n", b"+/+/", b"a b", b"Q\xc3\xa4", b"=", b"QUJD=", b"QUJ.D", b"\0"]
)
def test_refuses_padding_other_alphabets_blanks_and_bits_to_spare(text: bytes) -> None:
    with pytest.raises(ValueError, match="not base64url"):
        decode_base64url(text)


@given(st.binary(max_size=30))
def test_any_two_texts_that_are_taken_stand_for_different_octets(text: bytes) -> None:
    try:
        octets = decode_base64url(text)
    except ValueError:
        return
    assert urlsafe_b64encode(octets).rstrip(b"=") == text
