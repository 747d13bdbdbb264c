"""The uncompiled form of what the writers of `gateway.hot` do in C memory: a bytearray, and bytes of a text."""

from __future__ import annotations


def grow_octets(octets: bytearray | None, count: int) -> bytearray:
    """Room for at least `count` octets that begins with those of `octets`."""
    held = octets if octets is not None else bytearray()
    held.extend(bytes(count - len(held)))
    return held


def free_octets(octets: bytearray) -> None:
    """The garbage collector does it here."""


def copy_octets(to: bytearray, at: int, source: bytes, start: int, count: int) -> None:
    """Copy the `count` octets of `source` from `start` on into `to` from `at` on."""
    to[at : at + count] = source[start : start + count]


def octets_of(octets: bytearray, count: int) -> bytes:
    """The first `count` of them."""
    return bytes(octets[:count])


def utf8_of(text: str) -> bytes:
    """`text` in UTF-8. Raises UnicodeEncodeError for a lone surrogate."""
    return text.encode()


def utf8_size(text: str) -> int:
    """How many octets that are."""
    return len(text.encode())
