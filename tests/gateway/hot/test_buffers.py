"""The uncompiled buffer grows and keeps what it has."""

from __future__ import annotations

from gateway.hot.buffers import copy_octets, free_octets, grow_octets, octets_of, utf8_of, utf8_size


def test_grows_and_keeps() -> None:
    octets = grow_octets(None, 4)
    copy_octets(octets, 1, b"xabcx", 1, 3)
    octets = grow_octets(octets, 6)
    assert octets_of(octets, 6) == b"\0abc\0\0"
    free_octets(octets)


def test_a_text_is_its_octets_in_utf8() -> None:
    assert utf8_of("aé") == b"a\xc3\xa9"
    assert utf8_size("aé") == 3
