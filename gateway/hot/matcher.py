"""The match of a request head against the routes of one port, by hash tables: the cost does not grow with their number.

Order of precedence (Gateway API, HTTPRoute `hostnames` and `matches`): the most specific hostname; then an Exact path,
then a RegularExpression (longest first), then the longest PathPrefix; among equal paths a method, more headers, more
query parameters; then the older route. Tables are filled in that order by `gateway.http.router`, and only read here.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from gateway.hot.head import RequestHead

MATCHES = 0
OTHER_METHOD = 1
OTHER_HEADER = 2
OTHER_QUERY = 3


class Test:
    """A wanted value: `name` (a header's in lower case), and `value`, or `fullmatch` of a regular expression."""

    __slots__ = ("fullmatch", "name", "value")
    __test__ = False

    def __init__(self, name: bytes, value: bytes, fullmatch: Callable[[bytes], object] | None = None) -> None:
        self.name = name
        self.value = value
        self.fullmatch = fullmatch

    def holds(self, found: bytes | None) -> bool:
        """Whether a value that the request has (None: it has not) is the wanted one."""
        if found is None:
            return False
        if self.fullmatch is None:
            return found == self.value
        return self.fullmatch(found) is not None


class Candidate:
    """What a route wants beside host and path. `method` is b"" where any will do; `plan` (not None) follows a match."""

    __slots__ = ("headers", "method", "plan", "query")

    def __init__(self, plan: object, method: bytes, headers: tuple[Test, ...], query: tuple[Test, ...]) -> None:
        self.plan = plan
        self.method = method
        self.headers = headers
        self.query = query

    def failure(self, head: RequestHead) -> int:
        """MATCHES, or what does not hold: OTHER_METHOD, OTHER_HEADER or OTHER_QUERY."""
        if self.method and self.method != head.method:
            return OTHER_METHOD
        for test in self.headers:
            if not test.holds(header_value(head, test.name)):
                return OTHER_HEADER
        for test in self.query:
            if not test.holds(query_value(head.query, test.name)):
                return OTHER_QUERY
        return MATCHES


class PathTable:
    """The candidates of one hostname by path; each list in order of precedence."""

    __slots__ = ("exact", "longest_prefix", "patterns", "prefixes")

    def __init__(self) -> None:
        self.exact: dict[bytes, list[Candidate]] = {}
        self.patterns: list[tuple[Callable[[bytes], object], Candidate]] = []
        self.prefixes: dict[bytes, list[Candidate]] = {}
        self.longest_prefix = 0

    def add_prefix(self, prefix: bytes, candidate: Candidate) -> None:
        """A PathPrefix; a slash at its end does not count (CRD, `matches[].path.type`)."""
        key = prefix.rstrip(b"/")
        self.longest_prefix = max(self.longest_prefix, len(key))
        self.prefixes.setdefault(key, []).append(candidate)

    def match(self, head: RequestHead) -> object:
        """The plan of the first candidate that holds, None where there is none."""
        path = head.path
        candidates = self.exact.get(path)
        if candidates is not None:
            for candidate in candidates:
                if candidate.failure(head) == MATCHES:
                    return candidate.plan
        for fullmatch, candidate in self.patterns:
            if fullmatch(path) is not None and candidate.failure(head) == MATCHES:
                return candidate.plan
        prefixes = self.prefixes
        if not prefixes:
            return None
        end = len(path)
        if end > self.longest_prefix:
            # A path of thousands of slashes costs no more than the longest prefix that there is.
            end = path.rfind(b"/", 0, self.longest_prefix + 1)
            if end < 0:
                end = 0
        while True:
            candidates = prefixes.get(path[:end])
            if candidates is not None:
                for candidate in candidates:
                    if candidate.failure(head) == MATCHES:
                        return candidate.plan
            if end == 0:
                return None
            end = path.rfind(b"/", 0, end)
            if end < 0:
                end = 0


class HostTable:
    """The path tables of a port by hostname, each host with those that apply to it, the most specific first."""

    __slots__ = ("_exact", "_most_labels", "_others", "_wildcards")

    def __init__(
        self,
        exact: dict[bytes, tuple[PathTable, ...]],
        wildcards: dict[bytes, tuple[PathTable, ...]],
        others: tuple[PathTable, ...],
    ) -> None:
        """Keys are in lower case; those of `wildcards` begin with the dot: `*.example.com` is `.example.com`."""
        self._exact = exact
        self._wildcards = wildcards
        self._others = others
        self._most_labels = max((key.count(b".") for key in wildcards), default=0)

    def match(self, head: RequestHead) -> object:
        """The plan for a request, or None where no route takes it."""
        for table in self.tables(host_name(head.authority)):
            plan = table.match(head)
            if plan is not None:
                return plan
        return None

    def tables(self, host: bytes) -> tuple[PathTable, ...]:
        """The tables for a host (from `host_name`)."""
        tables = self._exact.get(host)
        if tables is not None:
            return tables
        if self._wildcards:
            # The longest known suffix first; no more labels are taken than the longest wildcard has.
            start = len(host)
            dots: list[int] = []
            for _ in range(self._most_labels):
                start = host.rfind(b".", 0, start)
                if start <= 0:
                    break
                dots.append(start)
            for dot in reversed(dots):
                tables = self._wildcards.get(host[dot:])
                if tables is not None:
                    return tables
        return self._others


def host_name(authority: bytes) -> bytes:
    """`authority` in lower case without its port and without a dot at the end of the name (RFC 9110 4.2.3)."""
    host = authority.lower()
    colon = host.rfind(b":")
    if colon >= 0 and host.find(b"]", colon) < 0:
        host = host[:colon]
    return host[:-1] if host.endswith(b".") else host


def header_value(head: RequestHead, name: bytes) -> bytes | None:
    """The value of a header; several lines of it as one list (RFC 9110 5.3), None without one."""
    values = head.get_all(name)
    if not values:
        return None
    return values[0] if len(values) == 1 else b", ".join(values)


def query_value(query: bytes, name: bytes) -> bytes | None:
    """The value of the first parameter `name`, decoded as a form's (WHATWG URL 5.1), None without one."""
    if not query:
        return None
    for part in query.split(b"&"):
        key, _, value = part.partition(b"=")
        if key == name or ((b"%" in key or b"+" in key) and decoded(key) == name):
            return decoded(value)
    return None


def decoded(text: bytes) -> bytes:
    """`text` with `+` as blank and percent-encoding resolved."""
    if b"+" in text:
        text = text.replace(b"+", b" ")
    return unquote_to_bytes(text) if b"%" in text else text
