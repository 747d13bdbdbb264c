"""Candidates of one path: what they want, which goes first, and how few of many a request is held against."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.hot.candidates import FEW, LAST, MANY_NAMES, MATCHES, Candidate, Candidates, Test
from gateway.hot.head import RequestHead, scan_request
from gateway.hot.patterns import fullmatch


def head(target: str = "/", *lines: str, method: str = "GET") -> RequestHead:
    text = "\r\n".join([f"{method} {target} HTTP/1.1", "Host: a.example", *lines, "", ""])
    found = scan_request(text.encode(), 0, 65536, 100, 65536, 32)
    assert found is not None
    return found


def exact(name: str, value: str) -> Test:
    return Test(name.encode(), value.encode())


def pattern(name: str, text: str) -> Test:
    return Test(name.encode(), text.encode(), fullmatch(text.encode()))


def plan(found: Candidate | None) -> object:
    return found.plan if found is not None else None


def test_the_first_that_holds_takes_the_request() -> None:
    found = Candidates(
        [
            Candidate("post", b"POST", (), (), 0),
            Candidate("header", b"", (exact("x-a", "1"),), (), 1),
            Candidate("pattern", b"", (pattern("x-a", "[0-9]"),), (), 2),
            Candidate("query", b"", (), (exact("q", "1"),), 3),
            Candidate("rest", b"", (), (), 4),
            Candidate("hidden", b"", (exact("x-a", "x"),), (), 5),
        ]
    )
    assert plan(found.find(head("/?q=1", "X-A: 1", method="POST"), LAST)) == "post"
    assert plan(found.find(head("/?q=1", "X-A: 1"), LAST)) == "header"
    assert plan(found.find(head("/?q=1", "X-A: 7"), LAST)) == "pattern"
    assert plan(found.find(head("/?q=1"), LAST)) == "query"
    assert plan(found.find(head("/", "X-A: x"), LAST)) == "rest"


def test_ranks_go_before_the_order_in_which_candidates_are_given() -> None:
    given_last = [Candidate(rank, b"", (exact("x-a", "1"),), (), rank) for rank in (3, 1, 2)]
    assert plan(Candidates(given_last).find(head("/", "X-A: 1"), LAST)) == 1


def test_nothing_at_or_beyond_the_limit_is_found() -> None:
    found = Candidates([Candidate(rank, b"", (exact("x-a", str(rank)),), (), rank) for rank in range(5)])
    assert plan(found.find(head("/", "X-A: 3"), 4)) == 3
    assert plan(found.find(head("/", "X-A: 3"), 3)) is None


NAMES = ["x-a", "x-b", "x-c"]
TESTS = st.builds(exact, st.sampled_from(NAMES), st.sampled_from("12")) | st.builds(
    pattern, st.sampled_from(NAMES), st.sampled_from(["[12]", "1", "1|3"])
)
WANTED = st.lists(TESTS, max_size=3, unique_by=lambda test: (test.name, test.value)).map(tuple)
CANDIDATES = st.lists(
    st.tuples(st.sampled_from([b"", b"GET", b"POST"]), WANTED, WANTED, st.integers(0, 99)),
    min_size=1,
    max_size=30,
    unique_by=lambda parts: parts[3],
).map(lambda rows: [Candidate(f"c{rank}", method, headers, query, rank) for method, headers, query, rank in rows])
REQUESTS = st.builds(
    lambda fields, query, method: head("/?" + "&".join(query), *fields, method=method),
    st.lists(st.builds("{}: {}".format, st.sampled_from(NAMES), st.sampled_from("123")), max_size=4),
    st.lists(st.builds("{}={}".format, st.sampled_from(NAMES), st.sampled_from("123")), max_size=4),
    st.sampled_from(["GET", "POST"]),
)


@settings(max_examples=500, deadline=None)
@given(candidates=CANDIDATES, request=REQUESTS, limit=st.integers(0, 100))
def test_the_index_agrees_with_a_linear_search(candidates: list[Candidate], request: RequestHead, limit: int) -> None:
    holding = [each for each in candidates if each.rank < limit and each.failure(request) == MATCHES]
    expected = min(holding, key=lambda candidate: candidate.rank, default=None)
    assert plan(Candidates(candidates).find(request, limit)) == plan(expected)


class Counted(Candidate):
    """Counts how many candidates a request is held against."""

    held = 0

    def failure(self, head: RequestHead) -> int:
        type(self).held += 1
        return super().failure(head)

    def wanting(self, method: bytes, headers: tuple[Test, ...], query: tuple[Test, ...]) -> Candidate:
        return Counted(self.plan, method, headers, query, self.rank)


def held_against(candidates: Sequence[Counted], request: RequestHead) -> tuple[object, int]:
    """The plan, and how many candidates were looked at on the way to it."""
    table = Candidates(candidates)
    Counted.held = 0
    return plan(table.find(request, LAST)), Counted.held


METHODS = [b"GET", b"POST", b"PUT", b"DELETE"]


@pytest.mark.parametrize("count", [FEW + 1, 10_000])
def test_of_many_values_one_is_held_against_the_request(count: int) -> None:
    last = count - 1
    of_headers = [Counted(i, b"", (exact("x-a", f"v{i}"),), (), i) for i in range(count)]
    assert held_against(of_headers, head("/", f"X-A: v{last}")) == (last, 1)
    assert held_against(of_headers, head("/", "X-A: other")) == (None, 0)
    of_queries = [Counted(i, b"", (), (exact("q", f"v{i}"),), i) for i in range(count)]
    assert held_against(of_queries, head(f"/?q=v{last}")) == (last, 1)
    of_patterns = [Counted(i, b"", (pattern("x-a", f"v{i}[a-z]"),), (), i) for i in range(count)]
    assert held_against(of_patterns, head("/", f"X-A: v{last}x")) == (last, 1)


@pytest.mark.parametrize("count", [MANY_NAMES, 10_000])
def test_of_many_names_those_of_the_request_are_looked_up(count: int) -> None:
    last = count - 1
    of_headers = [Counted(i, b"", (exact(f"x-{i}", "1"),), (), i) for i in range(count)]
    assert held_against(of_headers, head("/", f"X-{last}: 1", "X-3: 2")) == (last, 1)
    of_queries = [Counted(i, b"", (), (exact(f"q{i}", "1"),), i) for i in range(count)]
    assert held_against(of_queries, head(f"/?q3=2&q{last}=1")) == (last, 1)


@pytest.mark.parametrize("count", [100, 10_000])
def test_tests_that_only_together_tell_routes_apart_are_looked_up_one_after_the_other(count: int) -> None:
    side = round(count**0.5)
    pairs = [(i // side, i % side) for i in range(side * side)]
    candidates = [
        Counted(rank, METHODS[rank % 4], (exact("x-a", f"{a}"), exact("x-b", f"{b}")), (exact("v", "2"),), rank)
        for rank, (a, b) in enumerate(pairs)
    ]
    last = len(pairs) - 1
    request = head("/?v=2", f"X-A: {side - 1}", f"X-B: {side - 1}", method=METHODS[last % 4].decode())
    found, held = held_against(candidates, request)
    assert found == last
    assert held <= FEW


@pytest.mark.parametrize("count", [100, 10_000])
def test_methods_share_a_value(count: int) -> None:
    candidates = [Counted(i, METHODS[i % 4], (), (exact("q", f"{i // 4}"),), i) for i in range(count)]
    found, held = held_against(candidates, head(f"/?q={count // 4 - 1}", method="DELETE"))
    assert (found, held) == (count - 1, 1)


def test_candidates_behind_one_that_takes_all_are_not_kept() -> None:
    candidates = [Counted(0, b"", (), (), 0), *(Counted(i, b"", (exact("a", f"{i}"),), (), i) for i in range(1, 9))]
    assert held_against(candidates, head("/", "a: 3")) == (0, 1)
