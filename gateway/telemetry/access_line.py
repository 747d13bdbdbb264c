# cython: boundscheck=False, wraparound=False, cdivision=True
"""A line of the access log: what is known of an exchange, as JSON with the fields that were asked for.

Compiled with the types of `access_line.pxd`: lines go octet by octet into one buffer, and nothing is made for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import cython  # type: ignore[import-untyped]

from gateway.hot.json_writer import JsonWriter

FIELDS = (
    "time",
    "client",
    "listener",
    "method",
    "host",
    "path",
    "protocol",
    "status",
    "tenant",
    "route",
    "backend",
    "endpoint",
    "bytesIn",
    "bytesOut",
    "durationMs",
    "upstreamMs",
    "retries",
    "requestId",
    "identity",
    "tags",
    "userAgent",
    "headers",
    "error",
    "detail",
    "wouldDeny",
)
"""Every field that a line may have, in the default order."""
_UNQUOTED = frozenset(("status", "bytesIn", "bytesOut", "durationMs", "upstreamMs", "retries", "headers"))
"""Numbers, and what is an object."""

if not cython.compiled:
    (
        _TIME,
        _CLIENT,
        _LISTENER,
        _METHOD,
        _HOST,
        _PATH,
        _PROTOCOL,
        _STATUS,
        _TENANT,
        _ROUTE,
        _BACKEND,
        _ENDPOINT,
        _BYTES_IN,
        _BYTES_OUT,
        _DURATION,
        _UPSTREAM,
        _RETRIES,
        _REQUEST_ID,
        _IDENTITY,
        _TAGS,
        _USER_AGENT,
        _HEADERS,
        _ERROR,
        _DETAIL,
        _WOULD_DENY,
    ) = range(len(FIELDS))


class AccessEntry:
    """What is known of one exchange when it ends; texts and objects are empty and numbers 0 where there was none."""

    __slots__ = (
        "backend",
        "bytes_in",
        "bytes_out",
        "client",
        "detail",
        "duration_ns",
        "endpoint",
        "error",
        "headers",
        "host",
        "identity",
        "listener",
        "method",
        "path",
        "protocol",
        "request_id",
        "retries",
        "route",
        "status",
        "tags",
        "tenant",
        "unix_s",
        "upstream_ns",
        "user_agent",
        "would_deny",
    )

    def __init__(self) -> None:
        self.unix_s = 0.0
        self.client = ""
        self.listener = ""
        self.method = b""
        self.host = b""
        self.path = b""
        self.protocol = ""
        self.status = 0
        self.tenant = ""
        self.route = ""
        self.backend = ""
        self.endpoint = ""
        self.bytes_in = 0
        self.bytes_out = 0
        self.duration_ns = 0
        self.upstream_ns = 0
        self.retries = 0
        self.request_id = b""
        self.identity = ""
        self.tags = ""
        self.user_agent = b""
        self.headers = b"{}"
        """Those that a policy names, as a JSON object."""
        self.error = ""
        self.detail = ""
        self.would_deny = ""


KNOWN_TEXTS = 256
"""Texts of one field whose part of a line is remembered: routes, backends, endpoints, clients come again."""


class AccessLines:
    """Lines of the fields `names`, in that order; they gather until they are taken."""

    __slots__ = (
        "_aside",
        "_codes",
        "_count",
        "_end",
        "_known",
        "_last_parts",
        "_last_texts",
        "_out",
        "_prefixes",
        "_second",
        "_second_text",
    )

    def __init__(self, names: Sequence[str]) -> None:
        names = tuple(dict.fromkeys(names))
        self._codes = bytes(FIELDS.index(name) for name in names)
        self._count = len(names)
        self._prefixes, self._end = _constant_parts(names)
        self._known: tuple[dict[str, bytes], ...] = tuple({} for _ in names)
        self._last_texts: list[str | None] = [None] * len(names)
        self._last_parts = [b""] * len(names)
        self._out = JsonWriter()
        self._aside = JsonWriter()
        self._second = -1
        self._second_text = b""

    def size_bytes(self) -> int:
        """How much there is to take."""
        return self._out.size

    def take(self) -> bytes:
        """All lines since the last call."""
        lines = self._out.take()
        self._out.begin()
        return lines

    def add(self, entry: AccessEntry) -> int:
        """A line more, or none where that fails."""
        begun = self._out.size
        try:
            self._render(entry)
        except BaseException:
            self._out.size = begun
            raise
        return 0

    def _render(self, entry: AccessEntry) -> int:
        out = self._out
        codes = self._codes
        for place in range(self._count):
            code = codes[place]
            text = self._text_of(entry, code)
            if text is not None:
                self._put_text(place, text)
                continue
            out.put(self._prefixes[place])
            if code == _TIME:
                self._put_time(entry.unix_s)
            elif code == _METHOD:
                out.put_octets(entry.method)
            elif code == _HOST:
                out.put_octets(entry.host)
            elif code == _PATH:
                out.put_octets(entry.path)
            elif code == _STATUS:
                out.put_count(entry.status)
            elif code == _BYTES_IN:
                out.put_count(entry.bytes_in)
            elif code == _BYTES_OUT:
                out.put_count(entry.bytes_out)
            elif code == _DURATION:
                out.put_milliseconds(entry.duration_ns)
            elif code == _UPSTREAM:
                out.put_milliseconds(entry.upstream_ns)
            elif code == _RETRIES:
                out.put_count(entry.retries)
            elif code == _REQUEST_ID:
                out.put_octets(entry.request_id)
            elif code == _USER_AGENT:
                out.put_octets(entry.user_agent)
            elif code == _HEADERS:
                out.put(entry.headers)
        out.put(self._end)
        return 0

    def _text_of(self, entry: AccessEntry, code: int) -> str | None:
        """The value of a field that has few of them, or None."""
        if code == _CLIENT:
            return entry.client
        if code == _LISTENER:
            return entry.listener
        if code == _PROTOCOL:
            return entry.protocol
        if code == _TENANT:
            return entry.tenant
        if code == _ROUTE:
            return entry.route
        if code == _BACKEND:
            return entry.backend
        if code == _ENDPOINT:
            return entry.endpoint
        if code == _IDENTITY:
            return entry.identity
        if code == _TAGS:
            return entry.tags
        if code == _ERROR:
            return entry.error
        if code == _DETAIL:
            return entry.detail
        if code == _WOULD_DENY:
            return entry.would_deny
        return None

    def _put_text(self, place: int, text: str) -> int:
        if self._last_texts[place] is text:
            self._out.put(self._last_parts[place])
            return 0
        known = self._known[place]
        part = known.get(text)
        if part is None:
            aside = self._aside
            aside.begin()
            aside.put(self._prefixes[place])
            aside.put_text(text)
            part = aside.take()
            if len(known) >= KNOWN_TEXTS:
                known.clear()
            known[text] = part
        self._last_texts[place] = text
        self._last_parts[place] = part
        self._out.put(part)
        return 0

    def _put_time(self, unix_s: float) -> int:
        """RFC 3339 in UTC; the text of a second is made once, its milliseconds are cut, not rounded up."""
        second = int(unix_s)
        microsecond = int((unix_s - second) * 1e6 + 0.5)
        if microsecond >= 1_000_000:
            second += 1
            microsecond -= 1_000_000
        if second != self._second:
            self._second = second
            self._second_text = f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.".encode()
        self._out.put(self._second_text)
        self._out.put_three_digits(microsecond // 1000)
        return 0


def _constant_parts(names: Sequence[str]) -> tuple[tuple[bytes, ...], bytes]:
    """What stands before each value of a line, quotes of texts included, and what ends the line."""
    prefixes = []
    before = "{"
    for name in names:
        text = name not in _UNQUOTED
        prefixes.append(f'{before}"{name}":{"" if not text else chr(34)}'.encode())
        before = ("+00:00" if name == "time" else "") + ('",' if text else ",")
    return tuple(prefixes), (before[:-1] + "}\n").encode()
