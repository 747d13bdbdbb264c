"""The bounds on what a peer may send as a message head or trailer section."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HeadLimits:
    """`header_bytes`: a whole head, start line and blank line included, and a whole trailer section (431 past it).

    `header_count`: fields of either (431). `uri_bytes`: the request target (414). `method_bytes`: the method (400).
    Without them one client makes Weir hold, and scan, as much as it likes to send.
    """

    header_bytes: int = 64 * 1024
    header_count: int = 100
    uri_bytes: int = 8 * 1024
    method_bytes: int = 32
