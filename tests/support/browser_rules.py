"""What a browser makes of the headers of an answer: the CORS checks of the Fetch standard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Fields = Mapping[bytes, Sequence[bytes]]
"""Fields of an answer by lower-case name, with all values of a name."""
SAFE_METHODS = (b"GET", b"HEAD", b"POST")
SAFELISTED = (
    b"cache-control",
    b"content-language",
    b"content-length",
    b"content-type",
    b"expires",
    b"last-modified",
    b"pragma",
)


@dataclass(frozen=True)
class Script:
    """What a page of `origin` asks for: `headers` are names of request headers that are not safelisted."""

    origin: bytes
    method: bytes = b"GET"
    headers: tuple[bytes, ...] = ()
    credentials: bool = False

    @property
    def needs_preflight(self) -> bool:
        """Fetch 4.2, main fetch."""
        return self.method not in SAFE_METHODS or bool(self.headers)

    def preflight(self) -> list[str]:
        """The header lines of the preflight (Fetch 4.8); its method is OPTIONS."""
        lines = [f"Origin: {self.origin.decode()}", f"Access-Control-Request-Method: {self.method.decode()}"]
        if self.headers:
            names = ",".join(sorted(name.decode().lower() for name in self.headers))
            lines.append(f"Access-Control-Request-Headers: {names}")
        return lines

    def may_send(self, status: int, fields: Fields) -> bool:
        """Whether the answer to the preflight lets the request go (Fetch 4.8, steps 7 and on)."""
        if not self.passes(fields) or not 200 <= status < 300:
            return False
        methods = _items(fields, b"access-control-allow-methods")
        names = [name.lower() for name in _items(fields, b"access-control-allow-headers")]
        if self.method not in methods and self.method not in SAFE_METHODS and (self.credentials or b"*" not in methods):
            return False
        for name in (header.lower() for header in self.headers):
            wild = b"*" in names and not self.credentials and name != b"authorization"
            if name not in names and not wild:
                return False
        return True

    def passes(self, fields: Fields) -> bool:
        """The CORS check (Fetch 4.9): whether the page may know of the answer at all."""
        allowed = fields.get(b"access-control-allow-origin", ())
        if len(allowed) != 1:
            return False
        if not self.credentials and allowed[0] == b"*":
            return True
        if allowed[0] != self.origin:
            return False
        return not self.credentials or list(fields.get(b"access-control-allow-credentials", ())) == [b"true"]

    def may_read(self, name: bytes, fields: Fields) -> bool:
        """Whether the page sees field `name` (lower-case) of an answer that passed (Fetch 2.2.6, CORS filtering)."""
        exposed = [item.lower() for item in _items(fields, b"access-control-expose-headers")]
        if name == b"set-cookie":
            return False
        return name in SAFELISTED or name in exposed or (not self.credentials and b"*" in exposed)


def fields_of(lines: Sequence[bytes]) -> dict[bytes, list[bytes]]:
    """Header lines, each with or without CRLF, by name."""
    found: dict[bytes, list[bytes]] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        found.setdefault(name.strip().lower(), []).append(value.strip())
    return found


def _items(fields: Fields, name: bytes) -> list[bytes]:
    return [item.strip() for value in fields.get(name, ()) for item in value.split(b",")]
