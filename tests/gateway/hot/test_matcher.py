"""Parts of the match: hosts, headers, query parameters, and paths that try to cost much."""

from __future__ import annotations

import pytest

from gateway.hot.head import RequestHead, scan_request
from gateway.hot.matcher import Candidate, HostTable, PathTable, Test, header_value, host_name, query_value


def head(target: str = "/", *lines: str, method: str = "GET") -> RequestHead:
    text = "\r\n".join([f"{method} {target} HTTP/1.1", "Host: a.example", *lines, "", ""])
    found = scan_request(text.encode(), 0, 65536, 100, 65536, 32)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        (b"A.Example", b"a.example"),
        (b"a.example:8080", b"a.example"),
        (b"a.example.", b"a.example"),
        (b"a.example.:80", b"a.example"),
        (b"[::1]:80", b"[::1]"),
        (b"[::1]", b"[::1]"),
        (b"", b""),
    ],
)
def test_host_name_drops_case_port_and_last_dot(authority: bytes, host: bytes) -> None:
    assert host_name(authority) == host


def test_several_lines_of_a_header_count_as_one_list() -> None:
    found = head("/", "X-A: 1", "x-a: 2")
    assert header_value(found, b"x-a") == b"1, 2"
    assert header_value(found, b"x-b") is None


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (b"a=1&a=2", b"1"),
        (b"b=1", None),
        (b"", None),
        (b"a", b""),
        (b"a=x+y%20z", b"x y z"),
        (b"%61=1", b"1"),
        (b"a=%zz", b"%zz"),
        (b"aa=1&a=%F0%9F%8C%8A", "🌊".encode()),
    ],
)
def test_query_value_is_the_first_one_decoded(query: bytes, value: bytes | None) -> None:
    assert query_value(query, b"a") == value


def test_candidates_of_one_path_are_tried_in_order() -> None:
    table = PathTable()
    table.add_prefix(b"/x", Candidate("post", b"POST", (), ()))
    table.add_prefix(b"/x", Candidate("header", b"", (Test(b"x-a", b"1"),), ()))
    table.add_prefix(b"/x/", Candidate("query", b"", (), (Test(b"q", b"1"),)))
    table.add_prefix(b"/", Candidate("rest", b"", (), ()))
    assert table.match(head("/x", method="POST")) == "post"
    assert table.match(head("/x", "x-a: 1")) == "header"
    assert table.match(head("/x?q=1")) == "query"
    assert table.match(head("/x")) == "rest"


def test_a_path_of_slashes_costs_no_more_than_the_longest_prefix() -> None:
    table = PathTable()
    table.add_prefix(b"/aaa", Candidate("a", b"", (), ()))
    table.add_prefix(b"/", Candidate("rest", b"", (), ()))
    assert table.longest_prefix == 4
    assert table.match(head("/" * 8000)) == "rest"
    assert table.match(head("/aaa" + "/" * 8000)) == "a"
    assert table.match(head("/aaab/")) == "rest"


def test_hosts_go_to_their_most_specific_tables() -> None:
    def only(plan: str) -> PathTable:
        table = PathTable()
        table.add_prefix(b"/", Candidate(plan, b"", (), ()))
        return table

    hosts = HostTable(
        {b"a.b.example": (only("exact"),)},
        {b".example": (only("short"),), b".b.example": (only("long"),)},
        (only("any"),),
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
