"""Heads as they go on, and as they come, in one call."""

from __future__ import annotations

from gateway.hot.fields import Fields
from gateway.hot.head import ResponseHead, scan_response
from gateway.hot.writer import HeadWriter


def forwarded(head: Fields, start_line: bytes = b"", drop: frozenset[bytes] = frozenset(), extra: bytes = b"") -> bytes:
    """`head` under `start_line` (its own where empty), less `drop`, with the lines `extra`."""
    out = HeadWriter()
    head.copy_to(out, start_line, drop)
    out.put(extra)
    out.put(b"\r\n")
    return out.take()


def answer(*lines: bytes, status: int = 200, method: bytes = b"GET") -> ResponseHead:
    """The head of an answer to `method` with the header `lines`."""
    raw = b"".join((b"HTTP/1.1 %d X\r\n" % status, *(line + b"\r\n" for line in lines), b"\r\n"))
    head = scan_response(raw, 0, 65536, 100, method)
    assert head is not None
    return head
