"""Which origins a CORS filter allows (CRD HTTPRoute, `cors.allowOrigins`; RFC 6454 6)."""

from __future__ import annotations

from collections.abc import Iterable

ANY = "*"
_DEFAULT_PORTS = {b"http": b"80", b"https": b"443"}
_HOST = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-._")
_VISIBLE = frozenset(range(0x21, 0x7F)) - frozenset(b",")
MAX_ORIGIN_BYTES = 512
"""A host has at most 253 octets; what is longer is nobody's origin, and would be echoed."""

Triple = tuple[bytes, bytes, bytes]
"""Scheme, host and port, in lower case."""


class AllowedOrigins:
    """The entries of `allowOrigins`: `*`, `<scheme>://<host>` or `<scheme>://<host>:<port>`.

    A host `*` is any, `*.a.example` any host below a.example, however many labels deep. The port of an entry or an
    origin that names none is that of its scheme.
    """

    __slots__ = ("_below", "_exact", "any")

    def __init__(self, entries: Iterable[str]) -> None:
        exact: set[Triple] = set()
        below: dict[tuple[bytes, bytes], list[bytes]] = {}
        self.any = False
        for entry in entries:
            if entry == ANY:
                self.any = True
                continue
            scheme, host, port = _triple(entry.lower().encode("ascii"))
            if host.startswith(b"*"):
                below.setdefault((scheme, port), []).append(host[1:])
            else:
                exact.add((scheme, host, port))
        self._exact = frozenset(exact)
        self._below = {place: tuple(suffixes) for place, suffixes in below.items()}

    def allow(self, origin: bytes) -> bool:
        """Whether `origin`, the value of one Origin field, is one of them; `null` only ever is under `*`."""
        if len(origin) > MAX_ORIGIN_BYTES or not _VISIBLE.issuperset(origin):
            return False
        if self.any:
            return True
        triple = _triple(origin.lower())
        if triple in self._exact:
            return True
        scheme, host, port = triple
        suffixes = self._below.get((scheme, port))
        if suffixes is None or not _is_host(host):
            return False
        return any(host.endswith(suffix) and len(host) > len(suffix) for suffix in suffixes)


def _triple(origin: bytes) -> Triple:
    """The parts of `origin`; of what is no origin, parts that equal no entry's."""
    scheme, _, authority = origin.partition(b"://")
    host, colon, port = authority.rpartition(b":")
    if colon and not port.endswith(b"]"):
        return scheme, host, port
    return scheme, authority, _DEFAULT_PORTS.get(scheme, b"")


def _is_host(host: bytes) -> bool:
    """Whether `host` can be one: a wildcard must not take `evil.example/.shop.example` for a host of shop.example."""
    if host.startswith(b"[") and host.endswith(b"]"):
        return True
    return _HOST.issuperset(host)
