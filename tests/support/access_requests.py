"""Requests as the steps of access see them, from real heads."""

from __future__ import annotations

from gateway.hot.head import scan_request
from policies.subject import Subject

NOW_S = 1_700_000_000.0


def subject(*fields: str, target: str = "/orders", address: str = "192.0.2.7", now_s: float = NOW_S) -> Subject:
    """A GET of `target` with header lines `fields`, from `address` at `now_s`."""
    text = "".join(f"{line}\r\n" for line in (f"GET {target} HTTP/1.1", "host: shop.example", *fields, ""))
    head = scan_request(text.encode("utf-8"), 0, 1 << 20, 300, 1 << 16, 32)
    assert head is not None
    return Subject(
        head,
        route="shop/orders/read",
        scheme=b"http",
        address=address,
        peer=address,
        port=4711,
        now_s=now_s,
        draw=lambda: 0.5,
    )
