"""Heads as they go on, in one call."""

from __future__ import annotations

from gateway.hot.fields import Fields
from gateway.hot.writer import HeadWriter


def forwarded(head: Fields, start_line: bytes = b"", drop: frozenset[bytes] = frozenset(), extra: bytes = b"") -> bytes:
    """`head` under `start_line` (its own where empty), less `drop`, with the lines `extra`."""
    out = HeadWriter()
    head.copy_to(out, start_line, drop)
    out.put(extra)
    out.put(b"\r\n")
    return out.take()
