"""The uncompiled form of the buffer of `gateway.hot.writer`: a bytearray where the compiled form has C memory."""

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
