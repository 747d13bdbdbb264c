"""The values that routes are chosen by, one by one and all at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hot.head import RequestHead, scan_request
from gateway.hot.request_values import decoded, header_value, header_values, host_name, query_value, query_values


def head(*lines: str) -> RequestHead:
    text = "\r\n".join(["GET / HTTP/1.1", "Host: a.example", *lines, "", ""])
    found = scan_request(text.encode(), 0, 65536, 100, 65536, 32)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        (b"A.Example", b"a.example"),
        (b"a.example", b"a.example"),
        (b"a.example:8080", b"a.example"),
        (b"a.example:", b"a.example"),
        (b"a.example.", b"a.example"),
        (b"a.example.:80", b"a.example"),
        (b"[::1]:80", b"[::1]"),
        (b"[::1]", b"[::1]"),
        (b"[FE80::A]", b"[fe80::a]"),
        (b":80", b""),
        (b".", b""),
        (b"", b""),
    ],
)
def test_host_name_drops_case_port_and_last_dot(authority: bytes, host: bytes) -> None:
    assert host_name(authority) == host


def test_several_lines_of_a_header_count_as_one_list() -> None:
    found = head("X-A: 1", "x-a: 2", "X-A: 3", "X-C: ")
    assert header_value(found, b"x-a") == b"1, 2, 3"
    assert header_value(found, b"x-b") is None
    assert header_value(found, b"x-c") == b""
    assert header_values(found) == {b"host": b"a.example", b"x-a": b"1, 2, 3", b"x-c": b""}


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (b"a=1&a=2", b"1"),
        (b"b=1", None),
        (b"", None),
        (b"a", b""),
        (b"b&a", b""),
        (b"a=", b""),
        (b"a=1=2", b"1=2"),
        (b"&&a=1", b"1"),
        (b"a=x+y%20z", b"x y z"),
        (b"%61=1", b"1"),
        (b"a=%zz", b"%zz"),
        (b"aa=1&a=%F0%9F%8C%8A", "🌊".encode()),
    ],
)
def test_query_value_is_the_first_one_decoded(query: bytes, value: bytes | None) -> None:
    assert query_value(query, b"a") == value


def test_a_parameter_is_found_by_its_name_as_it_stands_and_decoded() -> None:
    assert query_value(b"%61=1", b"%61") == b"1"
    assert query_values(b"%61=1&a=2&c+d") == {b"%61": b"1", b"a": b"1", b"c+d": b"", b"c d": b""}


QUERIES = st.lists(st.sampled_from([b"a", b"b", b"%61", b"+", b"=", b"&", b"1", b"%26"]), max_size=12).map(b"".join)
NAMES = st.sampled_from([b"a", b"b", b"%61", b"+", b" ", b"ab", b"a1", b"&"])


def as_a_form_is_read(query: bytes, name: bytes) -> bytes | None:
    for part in query.split(b"&"):
        key, _, value = part.partition(b"=")
        if name in (key, decoded(key)):
            return decoded(value)
    return None


@given(query=QUERIES, name=NAMES)
def test_one_value_and_all_values_agree_with_a_form(query: bytes, name: bytes) -> None:
    expected = as_a_form_is_read(query, name)
    assert query_value(query, name) == expected
    assert query_values(query).get(name) == expected
