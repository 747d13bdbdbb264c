"""Requests for tests of conditions, from the head that a client sends."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.hot.head import scan_request
from policies.subject import Subject


def subject(
    *fields: bytes,
    target: bytes = b"/",
    host: bytes = b"api.shop.example",
    address: str = "10.9.3.4",
    tags: Mapping[str, str] | None = None,
    claims: Mapping[str, object] | None = None,
    now_s: float = 1_700_000_000.0,
) -> Subject:
    """A GET of `target` with the header lines `fields`; the moment is 2023-11-14 22:13:20 UTC."""
    lines = [b"GET %b HTTP/1.1" % target, b"host: " + host, *fields, b"", b""]
    head = scan_request(b"\r\n".join(lines), 0, 65536, 100, 8192, 32)
    assert head is not None
    made = Subject(
        head,
        route="shop/orders",
        scheme=b"https",
        address=address,
        peer=address,
        port=4711,
        now_s=now_s,
        draw=lambda: 0.5,
    )
    made.tags = dict(tags or {})
    made.claims = dict(claims or {})
    return made
