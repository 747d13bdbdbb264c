"""What routes are chosen by, taken from a request head: its host, a header, a query parameter."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from gateway.hot.head import RequestHead


def host_name(authority: bytes) -> bytes:
    """`authority` in lower case without its port and without a dot at the end of the name (RFC 9110 4.2.3)."""
    octets = authority
    whole = end = len(authority)
    upper = False
    for pos in range(whole):
        octet = octets[pos]
        if octet == 0x3A:
            end = pos
        elif octet == 0x5D:
            # A colon before the bracket was one of an IPv6 address.
            end = whole
        elif 0x41 <= octet <= 0x5A:
            upper = True
    if end > 0 and octets[end - 1] == 0x2E:
        end -= 1
    host = authority if end == whole else authority[:end]
    return host.lower() if upper else host


def header_value(head: RequestHead, name: bytes) -> bytes | None:
    """The value of a header; several lines of it as one list (RFC 9110 5.3), None without one."""
    values = head.get_all(name)
    if not values:
        return None
    return values[0] if len(values) == 1 else b", ".join(values)


def query_value(query: bytes, name: bytes) -> bytes | None:
    """The value of the first parameter `name`, decoded as a form's (WHATWG URL 5.1), None without one."""
    octets = query
    whole = len(query)
    length = len(name)
    start = 0
    while start < whole:
        pos = start
        equals = -1
        coded = False
        while pos < whole:
            octet = octets[pos]
            if octet == 0x26:
                break
            if equals < 0:
                if octet == 0x3D:
                    equals = pos
                elif octet == 0x25 or octet == 0x2B:
                    coded = True
            pos += 1
        key_end = equals if equals >= 0 else pos
        if (key_end - start == length and query[start:key_end] == name) or (
            coded and decoded(query[start:key_end]) == name
        ):
            return decoded(query[equals + 1 : pos]) if equals >= 0 else b""
        start = pos + 1
    return None


def query_values(query: bytes) -> dict[bytes, bytes]:
    """The value that `query_value` finds for each name that it finds one for."""
    values: dict[bytes, bytes] = {}
    for part in query.split(b"&"):
        key, _, value = part.partition(b"=")
        # A name is found as it stands and decoded.
        found = decoded(value)
        values.setdefault(key, found)
        values.setdefault(decoded(key), found)
    return values


def header_values(head: RequestHead) -> dict[bytes, bytes]:
    """The value that `header_value` finds for each name that it finds one for."""
    values: dict[bytes, bytes] = {}
    for name, value in head.items():
        lower = name.lower()
        before = values.get(lower)
        values[lower] = value if before is None else before + b", " + value
    return values


def decoded(text: bytes) -> bytes:
    """`text` with `+` as blank and percent-encoding resolved."""
    if b"+" in text:
        text = text.replace(b"+", b" ")
    return unquote_to_bytes(text) if b"%" in text else text
