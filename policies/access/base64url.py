"""Base64url as JOSE writes it (RFC 7515 2): its alphabet alone, no padding, no bits to spare."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode


def decode_base64url(text: bytes) -> bytes:
    """The octets that `text` stands for; each sequence of octets has one text.

    Raises:
        ValueError: it is anything else than what an encoder writes.
    """
    try:
        octets = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        octets = b""
    # The decoder passes over what is not of its alphabet; nothing of that comes back.
    if urlsafe_b64encode(octets).rstrip(b"=") != text:
        raise ValueError("not base64url")
    return octets
