"""The tables of paths and hosts, and paths that try to cost much."""

from __future__ import annotations

from gateway.hot.candidates import Candidate, Candidates
from gateway.hot.head import RequestHead, scan_request
from gateway.hot.matcher import HostTable, PathTable


def head(target: str = "/") -> RequestHead:
    text = f"GET {target} HTTP/1.1\r\nHost: a.example\r\n\r\n"
    found = scan_request(text.encode(), 0, 65536, 100, 65536, 32)
    assert found is not None
    return found


def taking(plan: str, rank: int = 0) -> Candidates:
    return Candidates([Candidate(plan, b"", (), (), rank)])


def prefixes(**plans: str) -> PathTable:
    """A table of the prefixes that are named: `a_b` for `/a/b`, `root` for all."""
    keys = {name: b"" if name == "root" else b"/" + name.replace("_", "/").encode() for name in plans}
    return PathTable({}, {}, {keys[name]: taking(plan) for name, plan in plans.items()})


def test_exact_goes_before_patterns_and_these_before_prefixes() -> None:
    table = PathTable({b"/a/b": taking("exact")}, {b"/[ab]/.*": taking("pattern")}, {b"/a": taking("prefix")})
    assert [table.match(head(path)) for path in ("/a/b", "/a/c", "/a", "/b/", "/c")] == [
        "exact",
        "pattern",
        "prefix",
        "pattern",
        None,
    ]


def test_of_patterns_that_match_the_lowest_rank_goes_first() -> None:
    table = PathTable({}, {b"/a.*": taking("late", 7), b"/a[b]": taking("early", 2), b"/.*": taking("last", 9)}, {})
    assert table.match(head("/ab")) == "early"
    assert table.match(head("/ac")) == "late"
    assert table.match(head("/b")) == "last"


def test_the_longest_prefix_of_whole_segments_takes_the_path() -> None:
    table = prefixes(a="short", a_b="long", root="rest")
    paths = ("/a/b/c", "/a/b", "/a/b/", "/a/bc", "/a", "/ab", "/")
    assert [table.match(head(path)) for path in paths] == ["long", "long", "long", "short", "short", "rest", "rest"]


def test_a_path_of_slashes_costs_no_more_than_the_longest_prefix() -> None:
    table = prefixes(aaa="a", root="rest")
    assert table.longest_prefix == 4
    assert table.match(head("/" * 8000)) == "rest"
    assert table.match(head("/aaa" + "/" * 8000)) == "a"
    assert table.match(head("/aaab/")) == "rest"


def test_hosts_go_to_their_most_specific_tables() -> None:
    hosts = HostTable(
        {b"a.b.example": (prefixes(root="exact"),)},
        {b".example": (prefixes(root="short"),), b".b.example": (prefixes(root="long"),)},
        (prefixes(root="any"),),
    )
    names = b"a.b.example c.b.example x.y.b.example b.example q.example example o".split()
    found = {name: hosts.tables(name)[0].match(head()) for name in (*names, b"")}
    assert found == {
        b"a.b.example": "exact",
        b"c.b.example": "long",
        b"x.y.b.example": "long",
        b"b.example": "short",
        b"q.example": "short",
        b"example": "any",
        b"": "any",
        b"o": "any",
    }


def test_no_table_is_no_plan() -> None:
    assert HostTable({}, {}, ()).match(head()) is None
