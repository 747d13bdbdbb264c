"""The maps that a condition sees a request as: its headers, cookies and query parameters as strings.

Octets of a head are read as Latin-1, one character each, as everywhere in Weir: nothing that a client sends fails to
decode, and two values are the same string only where they are the same octets. What is percent-encoded in a query is
UTF-8, as browsers send it, with U+FFFD for what is none (WHATWG URL 5.1).
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from policies.subject import Head


def header_map(head: Head) -> dict[str, str]:
    """The headers by their names in lower case; several fields of a name are one list (RFC 9110 5.3)."""
    values: dict[str, str] = {}
    for name, value in head.items():
        lower, text = name.decode("latin-1").lower(), value.decode("latin-1")
        before = values.get(lower)
        values[lower] = text if before is None else f"{before}, {text}"
    return values


def cookie_map(head: Head) -> dict[str, str]:
    """The cookies (RFC 6265 5.4); the first of a name counts, and what has no `=` is no cookie."""
    cookies: dict[str, str] = {}
    for field in head.get_all(b"cookie"):
        for pair in field.decode("latin-1").split(";"):
            name, equals, value = pair.partition("=")
            if equals:
                cookies.setdefault(name.strip(" \t"), value.strip(" \t"))
    return cookies


def query_map(query: bytes) -> dict[str, str]:
    """The query parameters, decoded as a form's; the first of a name counts."""
    values: dict[str, str] = {}
    if query:
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True, errors="replace"):
            values.setdefault(name, value)
    return values


def host_of(authority: bytes) -> bytes:
    """The host in lower case, without its port and without a dot at its end (RFC 9110 4.2.3)."""
    colon = authority.rfind(b":")
    if colon > authority.rfind(b"]"):
        authority = authority[:colon]
    return authority.removesuffix(b".").lower()
