"""Redirect: where a client is sent in place of an answer (Gateway API HTTPRequestRedirectFilter)."""

from __future__ import annotations

from config.snapshot import Redirect as RedirectFilter
from policies.rewrite import replace_path

WELL_KNOWN_PORTS = {b"http": 80, b"https": 443}


class Redirect:
    """A RequestRedirect filter."""

    __slots__ = ("_host", "_path", "_port", "_scheme", "_status")

    def __init__(self, filter_: RedirectFilter) -> None:
        self._scheme = (filter_.scheme or "").encode("ascii")
        self._host = (filter_.hostname or "").encode("ascii")
        self._path = filter_.path
        self._port = filter_.port
        self._status = filter_.status

    def location(
        self, scheme: bytes, authority: bytes, local_port: int, path: bytes, query: bytes, matched: bytes
    ) -> tuple[int, bytes]:
        """Status and `Location` for a request that came by `scheme` to `local_port`.

        Port, by the CRD: the one that is set; else the well-known one of a scheme that is set; else the listener's. One
        that the scheme implies is left out.
        """
        target_scheme = self._scheme or scheme
        if self._port is not None:
            port = self._port
        elif self._scheme:
            port = WELL_KNOWN_PORTS[self._scheme]
        else:
            port = local_port
        host = self._host or host_of(authority)
        if port != WELL_KNOWN_PORTS.get(target_scheme):
            host = b"%b:%d" % (host, port)
        if self._path is not None:
            path = replace_path(path, matched, self._path)
        location = b"%b://%b%b" % (target_scheme, host, path)
        return self._status, (location + b"?" + query if query else location)


def host_of(authority: bytes) -> bytes:
    """`authority` without its port; an IPv6 literal keeps its brackets."""
    host, colon, port = authority.rpartition(b":")
    return host if colon and (port.isdigit() or not port) else authority
