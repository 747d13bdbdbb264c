"""A CORS filter at work: preflights are answered, and other requests go on and are told who may read the answer."""

from __future__ import annotations

from collections.abc import Sequence

from config.snapshot import CORS
from policies.cors.origins import AllowedOrigins
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Answer, Denial

ANY = "*"
_OWN = frozenset(
    (
        b"access-control-allow-credentials",
        b"access-control-allow-headers",
        b"access-control-allow-methods",
        b"access-control-allow-origin",
        b"access-control-expose-headers",
        b"access-control-max-age",
    )
)
"""Fields that the filter alone decides on: two `Access-Control-Allow-Origin` make a browser refuse the answer, and one
of the backend's would let in whom the filter keeps out."""
_VARY = b"vary: origin\r\n"
_PREFLIGHT_VARY = b"vary: access-control-request-method, access-control-request-headers\r\n"
ORIGINS_KEPT = 256
"""Origins of which it is remembered what they are told: most requests come from a few, and anybody can make up more."""
_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class CORSStep(Step):
    """What `spec` says; one of a backendRef takes the place of what one of the rule said before."""

    name = "CORS"
    __slots__ = ("_credentials", "_exposed", "_exposes_all", "_headers", "_known", "_max_age", "_methods", "_origins")

    def __init__(self, spec: CORS) -> None:
        self._origins = AllowedOrigins(spec.origins)
        self._credentials = spec.credentials
        self._methods = _list(spec.methods)
        self._headers = _list(spec.headers)
        # With credentials browsers take `*` for a name (Fetch, CORS protocol and credentials).
        self._exposes_all = ANY in spec.exposed and spec.credentials
        self._exposed = b"" if self._exposes_all else _list(spec.exposed)
        self._known: dict[bytes, tuple[bytes, ...]] = {}
        self._max_age = b"access-control-max-age: %d\r\n" % spec.max_age_s

    def decide(self, subject: Subject) -> Answer | Denial | None:
        """An Answer to a preflight of an origin that is allowed, a Denial to another; None where it is no preflight."""
        head = subject.head
        origins = head.get_all(b"origin")
        # A list of them comes from no browser (Fetch 3.2), and who reads it might choose another than Weir.
        origin = origins[0] if len(origins) == 1 else b""
        lines = self._lines(origin) if origin else ()
        self._tell(subject, lines)
        if head.method != b"OPTIONS" or not origin:
            return None
        wanted = head.get_all(b"access-control-request-method")
        if len(wanted) != 1 or not _is_token(wanted[0]):
            return None
        if not lines:
            return Denial(403, f"a preflight of origin {origin[:256].decode('latin-1')}, which is not allowed")
        return Answer(200, self._permissions(wanted[0], head.get_all(b"access-control-request-headers")))

    def _lines(self, origin: bytes) -> tuple[bytes, ...]:
        """What every answer to `origin` says of it; () where it is not allowed."""
        lines = self._known.get(origin)
        if lines is None:
            if len(self._known) >= ORIGINS_KEPT:
                self._known.clear()
            lines = self._known[origin] = self._made(origin) if self._origins.allow(origin) else ()
        return lines

    def _made(self, origin: bytes) -> tuple[bytes, ...]:
        lines = [b"access-control-allow-origin: %b\r\n" % origin]
        if self._credentials:
            lines.append(b"access-control-allow-credentials: true\r\n")
        if self._exposed:
            lines.append(b"access-control-expose-headers: %b\r\n" % self._exposed)
        return tuple(lines)

    def _tell(self, subject: Subject, lines: tuple[bytes, ...]) -> None:
        """Who may read the answer, whatever it will be: the origin that `lines` are for, or nobody."""
        told = subject.response_lines
        if b"access-control-allow-origin" in subject.response_drop:
            told[:] = [line for line in told if line.partition(b":")[0] not in _OWN]
        else:
            subject.response_drop |= _OWN
            # Also where nothing is allowed: a cache must not give this answer to an origin that is.
            told.append(_VARY)
        told += lines
        subject.exposes_all = self._exposes_all and bool(lines)

    def _permissions(self, method: bytes, asked: Sequence[bytes]) -> list[bytes]:
        """The lines that only a preflight is given; `method` and `asked` are what the browser means to send."""
        lines = [_PREFLIGHT_VARY, self._max_age]
        methods = self._methods
        if methods == b"*" and self._credentials:
            methods = method
        if methods:
            lines.append(b"access-control-allow-methods: %b\r\n" % methods)
        headers = self._headers
        if headers == b"*":
            # Also without credentials: `*` does not cover Authorization (Fetch 4.8, CORS-preflight fetch).
            names = [name for part in asked for name in part.replace(b" ", b"").split(b",") if _is_token(name)]
            headers = b", ".join(names) or (b"" if self._credentials else b"*")
        if headers:
            lines.append(b"access-control-allow-headers: %b\r\n" % headers)
        return lines


def _list(items: tuple[str, ...]) -> bytes:
    return ", ".join(items).encode("ascii")


def _is_token(text: bytes) -> bool:
    """RFC 9110 5.6.2."""
    return bool(text) and _TOKEN.issuperset(text)
