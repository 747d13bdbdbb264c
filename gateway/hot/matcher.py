"""The match of a request head against the routes of one port, by hash tables: the cost does not grow with their number.

Order of precedence (Gateway API, HTTPRoute `hostnames` and `matches`): the most specific hostname; then an Exact path,
then a RegularExpression (longest first), then the longest PathPrefix; among equal paths a method, more headers, more
query parameters; then the older route. Below the hostname it is told by the ranks that `gateway.http.router` gives.
"""

from __future__ import annotations

from gateway.hot.candidates import LAST, Candidates, PatternIndex
from gateway.hot.head import RequestHead
from gateway.hot.request_values import host_name


class PathTable:
    """The candidates of one hostname by path."""

    __slots__ = ("_exact", "_patterns", "_prefix_lengths", "_prefixes", "_wanted", "longest_prefix")

    def __init__(
        self,
        exact: dict[bytes, Candidates],
        patterns: dict[bytes, Candidates],
        prefixes: dict[bytes, Candidates],
    ) -> None:
        """Keys of `patterns` are regular expressions; a slash at the end of a prefix is left out by the caller.

        Ranks are told apart under one path, and among all of `patterns`.
        """
        self._exact = exact
        self._patterns = PatternIndex(patterns) if patterns else None
        self._prefixes = prefixes
        lengths = {len(prefix) for prefix in prefixes}
        self.longest_prefix = max(lengths, default=-1)
        self._prefix_lengths = bytes(length in lengths for length in range(self.longest_prefix + 1))
        # The compiled form has a bare pointer into the octets that the line above holds.
        self._wanted = self._prefix_lengths

    def match(self, head: RequestHead) -> object:
        """The plan of the first candidate that holds, None where there is none."""
        path = head.path
        candidates = self._exact.get(path)
        if candidates is not None:
            found = candidates.find(head, LAST)
            if found is not None:
                return found.plan
        if self._patterns is not None:
            found = self._patterns.find(path, head, LAST)
            if found is not None:
                return found.plan
        # From the longest prefix that there is, so that a path of thousands of slashes costs no more, and only at
        # lengths that some prefix has.
        octets = path
        whole = len(path)
        end = whole if whole < self.longest_prefix else self.longest_prefix
        while end >= 0:
            if self._wanted[end] and (end == 0 or end == whole or octets[end] == 0x2F):
                candidates = self._prefixes.get(path[:end])
                if candidates is not None:
                    found = candidates.find(head, LAST)
                    if found is not None:
                        return found.plan
            end -= 1
        return None


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
        if self._most_labels == 0:
            return self._others
        # The longest known suffix first; no more labels are taken than the longest wildcard has.
        octets = host
        dots = 0
        for pos in range(1, len(host)):
            if octets[pos] == 0x2E:
                dots += 1
        for pos in range(1, len(host)):
            if octets[pos] == 0x2E:
                if dots <= self._most_labels:
                    tables = self._wildcards.get(host[pos:])
                    if tables is not None:
                        return tables
                dots -= 1
        return self._others
