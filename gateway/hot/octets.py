"""Which octets may stand where: tables of 256 flags, and the lower case of each octet, for the scanners."""

from __future__ import annotations


def table(allowed: bytes) -> bytes:
    """256 octets: 1 at each that is in `allowed`, else 0."""
    return bytes(octet in allowed for octet in range(256))


_ALPHANUMERIC = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VISIBLE = bytes(range(0x21, 0x7F))

TOKEN = table(_ALPHANUMERIC + b"!#$%&'*+-.^_`|~")
"""`tchar` of RFC 9110 5.6.2."""

FIELD_VALUE = table(b"\t " + _VISIBLE + bytes(range(0x80, 0x100)))
"""A field value and a reason phrase (RFC 9110 5.5): HTAB, SP, VCHAR, obs-text; no other control character."""

QUERY = table(bytes(set(_VISIBLE) - set(b'"#<>')))
"""RFC 3986 3.4, and what browsers leave unescaped in a query (WHATWG URL, query percent-encode set)."""

PATH = table(bytes(set(_VISIBLE) - set(b'"#<>\\?')))
"""As `QUERY`, without the backslash, which some servers take for a slash."""

REGISTERED_NAME = table(_ALPHANUMERIC + b"-._~!$&'()*+,;=%")
"""`reg-name` of RFC 3986 3.2.2; no `@`, so that userinfo is refused."""

ADDRESS_LITERAL = table(_ALPHANUMERIC + b"-._~!$&'()*+,;=:%")
"""What stands between the brackets of an IP-literal (RFC 3986 3.2.2; the `%` of a zone, RFC 6874)."""

LOWER = bytes(range(256)).lower()
"""The ASCII lower case of each octet."""
