"""What a client is told of its limits: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-09).

Both are lists of structured fields (RFC 9651): an item for each limit, its name as a string.
"""

from __future__ import annotations

from config.resources.rate_limit import RateLimit

_SECOND_NS = 1_000_000_000


def seconds(ns: int) -> int:
    """Whole seconds, upwards."""
    return -(-ns // _SECOND_NS)


def name_item(name: str) -> bytes:
    """`name` as a string: what it cannot hold (RFC 9651 3.3.3: printable ASCII) is left out."""
    printable = "".join(letter for letter in name if " " <= letter <= "~")
    return b'"%b"' % printable.replace("\\", "\\\\").replace('"', '\\"').encode("ascii")


def policy_item(limit: RateLimit) -> bytes:
    """The item of `RateLimit-Policy`: quota `q`, its unit `qu` if that is no request, window `w` in whole seconds."""
    name = name_item(limit.name)
    if limit.rate is None:
        return b'%b;q=%d;qu="concurrent-requests"' % (name, limit.concurrency or 0)
    unit = b';qu="content-bytes"' if limit.cost.body_bytes else b""
    window_s = limit.rate.per.seconds
    window = b";w=%d" % window_s if window_s.is_integer() else b""
    return b"%b;q=%d%b%b" % (name, limit.rate.requests, unit, window)


def state_item(name: bytes, remaining: int, reset_ns: int) -> bytes:
    """The item of `RateLimit`: what remains, and in how many seconds all of it does again; 0 ns leaves that out."""
    if reset_ns <= 0:
        return b"%b;r=%d" % (name, remaining)
    return b"%b;r=%d;t=%d" % (name, remaining, seconds(reset_ns))
