"""What `exposeHeaders: ["*"]` comes to where credentials are allowed, as browsers take no `*` then."""

from __future__ import annotations

from collections.abc import Iterable, Set

SAFELISTED = frozenset(
    (
        b"cache-control",
        b"content-language",
        b"content-length",
        b"content-type",
        b"expires",
        b"last-modified",
        b"pragma",
    )
)
"""Read by scripts in any case (Fetch 2.2.2, CORS-safelisted response-header name)."""
_NEVER = frozenset((b"set-cookie", b"set-cookie2"))
"""Read by scripts in no case (Fetch 2.2.2, forbidden response-header name)."""


def exposing_line(fields: Iterable[tuple[bytes, bytes]], dropped: Set[bytes]) -> bytes:
    """The header line that exposes `fields` (names in any case) less those `dropped`; b"" where none is left."""
    exposed = dict.fromkeys(name.lower() for name, _ in fields)
    left = [name for name in exposed if name not in SAFELISTED and name not in _NEVER and name not in dropped]
    return b"access-control-expose-headers: %b\r\n" % b", ".join(left) if left else b""
