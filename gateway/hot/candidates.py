"""The routes of one path, told apart by a look-up of what they want: the cost does not grow with their number.

Candidates stand in order of precedence, their `rank`, and the first one that holds takes the request. A few are held
against it one by one. More are put under one of their tests each, the one that fewest others share: of a request's
methods, headers and parameters only the values that it has are looked up, and the lowest rank found is the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from gateway.hot.head import RequestHead
from gateway.hot.patterns import Patterns
from gateway.hot.request_values import header_value, header_values, query_value, query_values

MATCHES = 0
OTHER_METHOD = 1
OTHER_HEADER = 2
OTHER_QUERY = 3

FEW = 2
"""So many are compared faster than they are looked up."""
MANY_NAMES = 24
"""From so many names on, all that a request has are read once, in place of a search for each name."""
LAST = 1 << 62
"""Beyond every rank."""

_HEADER, _QUERY, _METHOD = range(3)
"""By how well they tell routes apart, where as many share them."""


class Test:
    """A wanted value: `name` (a header's in lower case), and `value`, or `fullmatch` of a regular expression.

    `value` is the text of that expression, where there is one.
    """

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
    """What a route wants beside host and path. `method` is b"" where any will do; `plan` (not None) follows a match.

    Of two candidates with the same host and path the lower `rank` goes first.
    """

    __slots__ = ("headers", "method", "plan", "query", "rank")

    def __init__(
        self, plan: object, method: bytes, headers: tuple[Test, ...], query: tuple[Test, ...], rank: int = 0
    ) -> None:
        self.plan = plan
        self.method = method
        self.headers = headers
        self.query = query
        self.rank = rank

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

    def ranked(self, rank: int) -> Candidate:
        """The same at another rank."""
        return Candidate(self.plan, self.method, self.headers, self.query, rank)

    def wanting(self, method: bytes, headers: tuple[Test, ...], query: tuple[Test, ...]) -> Candidate:
        """The same with other tests."""
        return Candidate(self.plan, method, headers, query, self.rank)


class Candidates:
    """Any number of candidates, at least one."""

    __slots__ = ("_few", "_headers", "_methods", "_queries", "first_rank")

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        reachable = _reachable(sorted(candidates, key=_rank))
        self.first_rank = reachable[0].rank
        self._methods: dict[bytes, Candidates] | None = None
        self._headers: ValueIndex | None = None
        self._queries: ValueIndex | None = None
        if len(reachable) > FEW:
            reachable = self._sort_out(reachable)
        self._few = tuple(reachable)

    def find(self, head: RequestHead, limit: int) -> Candidate | None:
        """The candidate of the lowest rank below `limit` that holds, None where there is none."""
        best = None
        for candidate in self._few:
            if candidate.rank >= limit:
                break
            if candidate.failure(head) == MATCHES:
                best = candidate
                limit = candidate.rank
                break
        if self._methods is not None:
            under = self._methods.get(head.method)
            if under is not None and under.first_rank < limit:
                found = under.find(head, limit)
                if found is not None:
                    best = found
                    limit = found.rank
        if self._headers is not None:
            found = self._headers.find(head, limit)
            if found is not None:
                best = found
                limit = found.rank
        if self._queries is not None and head.query:
            found = self._queries.find(head, limit)
            if found is not None:
                best = found
        return best

    def _sort_out(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Put each candidate under its rarest test, that test taken off it; returns those that have none."""
        wanted = [_tests_of(candidate) for candidate in candidates]
        shared = Counter(key for keys in wanted for key in keys)
        groups: dict[Key, list[Candidate]] = {}
        for candidate, keys in zip(candidates, wanted, strict=True):
            if keys:
                # An exact value before a pattern: one is looked up, the other walked.
                rarest = min(keys, key=lambda key: (key.is_pattern, shared[key], key.kind))
                groups.setdefault(rarest, []).append(_without(candidate, rarest))
        under = {key: Candidates(group) for key, group in groups.items()}
        self._methods = {key.value: found for key, found in under.items() if key.kind == _METHOD} or None
        self._headers = _index(_HEADER, under)
        self._queries = _index(_QUERY, under)
        return [candidate for candidate, keys in zip(candidates, wanted, strict=True) if not keys]


class ValueIndex:
    """The candidates that want a value of a header, or of a query parameter, by its name."""

    __slots__ = ("_in_query", "_names")

    def __init__(self, names: dict[bytes, NameIndex], *, in_query: bool) -> None:
        self._names = names
        self._in_query = in_query

    def find(self, head: RequestHead, limit: int) -> Candidate | None:
        """As `Candidates.find`."""
        best = None
        if len(self._names) < MANY_NAMES:
            for name, index in self._names.items():
                if index.first_rank < limit:
                    value = query_value(head.query, name) if self._in_query else header_value(head, name)
                    found = index.find(value, head, limit) if value is not None else None
                    if found is not None:
                        best = found
                        limit = found.rank
            return best
        values = query_values(head.query) if self._in_query else header_values(head)
        for name, value in values.items():
            known = self._names.get(name)
            found = known.find(value, head, limit) if known is not None else None
            if found is not None:
                best = found
                limit = found.rank
        return best


class NameIndex:
    """The candidates that want a value under one name: `exact` by the value, the others by a pattern of theirs."""

    __slots__ = ("_exact", "_patterns", "first_rank")

    def __init__(self, exact: dict[bytes, Candidates], by_pattern: dict[bytes, Candidates]) -> None:
        self.first_rank = min(under.first_rank for under in (*exact.values(), *by_pattern.values()))
        self._exact = exact
        self._patterns = PatternIndex(by_pattern) if by_pattern else None

    def find(self, value: bytes, head: RequestHead, limit: int) -> Candidate | None:
        """As `Candidates.find`, where the request has `value` under the name."""
        best = None
        under = self._exact.get(value)
        if under is not None and under.first_rank < limit:
            best = under.find(head, limit)
            if best is not None:
                limit = best.rank
        if self._patterns is not None:
            found = self._patterns.find(value, head, limit)
            if found is not None:
                best = found
        return best


class PatternIndex:
    """The candidates that want a text to match a pattern of theirs, by the pattern; at least one."""

    __slots__ = ("_patterns", "_under")

    def __init__(self, by_pattern: dict[bytes, Candidates]) -> None:
        self._patterns = Patterns(tuple(by_pattern))
        self._under = tuple(by_pattern.values())

    def find(self, text: bytes, head: RequestHead, limit: int) -> Candidate | None:
        """As `Candidates.find`, among those whose pattern takes `text`."""
        best = None
        for position in self._patterns.matching(text):
            under = self._under[position]
            if under.first_rank < limit:
                found = under.find(head, limit)
                if found is not None:
                    best = found
                    limit = found.rank
        return best


class Key(NamedTuple):
    """A test that candidates may share."""

    kind: int
    name: bytes
    value: bytes
    is_pattern: bool


def _rank(candidate: Candidate) -> int:
    return candidate.rank


def _reachable(candidates: list[Candidate]) -> list[Candidate]:
    """Those up to the first that wants nothing: it takes all requests that come so far."""
    for position, candidate in enumerate(candidates):
        if not candidate.method and not candidate.headers and not candidate.query:
            return candidates[: position + 1]
    return candidates


def _tests_of(candidate: Candidate) -> list[Key]:
    keys = [Key(_METHOD, b"", candidate.method, is_pattern=False)] if candidate.method else []
    keys.extend(Key(_HEADER, test.name, test.value, test.fullmatch is not None) for test in candidate.headers)
    keys.extend(Key(_QUERY, test.name, test.value, test.fullmatch is not None) for test in candidate.query)
    return keys


def _without(candidate: Candidate, key: Key) -> Candidate:
    """`candidate` without the test of `key`."""
    headers, query = candidate.headers, candidate.query
    if key.kind == _METHOD:
        return candidate.wanting(b"", headers, query)
    if key.kind == _HEADER:
        return candidate.wanting(candidate.method, _but(headers, key), query)
    return candidate.wanting(candidate.method, headers, _but(query, key))


def _but(tests: tuple[Test, ...], key: Key) -> tuple[Test, ...]:
    return tuple(
        test
        for test in tests
        if (test.name, test.value, test.fullmatch is not None) != (key.name, key.value, key.is_pattern)
    )


def _index(kind: int, under: dict[Key, Candidates]) -> ValueIndex | None:
    """The part of `under` that is of headers, or of query parameters."""
    names: dict[bytes, tuple[dict[bytes, Candidates], dict[bytes, Candidates]]] = {}
    for key, candidates in under.items():
        if key.kind == kind:
            exact, by_pattern = names.setdefault(key.name, ({}, {}))
            (by_pattern if key.is_pattern else exact)[key.value] = candidates
    if not names:
        return None
    return ValueIndex({name: NameIndex(*found) for name, found in names.items()}, in_query=kind == _QUERY)
