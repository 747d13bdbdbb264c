"""What a client is told of its limits: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-09).

Both are lists of structured fields (RFC 9651): an item for each limit, its name as a string.
"""

from __future__ import annotations

from config.resources.rate_limit import RateLimit

_SECOND_NS = 1_000_000_000


def seconds(ns: int) -> int:
    """Whole seconds, upwards."""
    return -(-ns // _SECOND_NS)


def name_item(name: str) -> str:
    """`name` as a string: what it cannot hold (RFC 9651 3.3.3: printable ASCII) is left out."""
    printable = "".join(letter for letter in name if " " <= letter <= "~")
    escaped = printable.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def policy_item(limit: RateLimit) -> str:
    """The item of `RateLimit-Policy`: quota `q`, its unit `qu` if that is no request, window `w` in whole seconds."""
    name = name_item(limit.name)
    if limit.rate is None:
        return f'{name};q={limit.concurrency};qu="concurrent-requests"'
    unit = ';qu="content-bytes"' if limit.cost.body_bytes else ""
    window_s = limit.rate.per.seconds
    window = f";w={window_s:.0f}" if window_s.is_integer() else ""
    return f"{name};q={limit.rate.requests}{unit}{window}"


def state_item(name: str, remaining: int, reset_ns: int) -> str:
    """The item of `RateLimit`: what remains, and in how many seconds all of it does again; 0 ns leaves that out."""
    if reset_ns <= 0:
        return f"{name};r={remaining}"
    return f"{name};r={remaining};t={seconds(reset_ns)}"
