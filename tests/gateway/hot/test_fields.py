"""Fields: looked up in any case, rendered without what must stay behind."""

from __future__ import annotations

import pytest

from gateway.hot.fields import Fields
from gateway.hot.head import RequestHead, scan_request
from tests.support.heads import forwarded


def head_of(*lines: bytes) -> RequestHead:
    raw = b"GET / HTTP/1.1\r\nHost: h\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    head = scan_request(raw, 0, 65536, 300, 8192, 32)
    assert head is not None
    return head


def test_looks_up_in_any_case_first_and_all() -> None:
    head = head_of(b"X-A: 1", b"x-a:2", b"X-B:")
    assert head.get(b"x-a") == b"1"
    assert head.get_all(b"x-a") == [b"1", b"2"]
    assert head.get(b"x-b") == b""
    assert head.get(b"x-c") is None


def test_holds_more_fields_than_the_first_array() -> None:
    head = head_of(*(b"X-%d: %d" % (i, i) for i in range(250)))
    assert head.get(b"x-249") == b"249"
    assert len(head.items()) == 251


def test_render_leaves_hop_by_hop_and_dropped_fields_behind() -> None:
    head = head_of(
        b"A: 1", b"Connection: X-Hop, close", b"X-Hop: 1", b"Keep-Alive: 5", b"B:  2 ", b"TE: trailers", b"Trailer: t",
        b"Upgrade: w", b"Proxy-Connection: x", b"X-Drop: 1", b"C: 3",
    )  # fmt: skip
    assert (
        forwarded(head, b"S\r\n", frozenset({b"x-drop"}), b"e: 1\r\n")
        == b"S\r\nHost: h\r\nA: 1\r\nB:  2 \r\nC: 3\r\ne: 1\r\n\r\n"
    )


def test_connection_cannot_drop_what_frames_the_message() -> None:
    head = head_of(b"Content-Length: 3", b"Connection: Content-Length, Host")
    assert forwarded(head, b"S\r\n", frozenset()) == b"S\r\nHost: h\r\nContent-Length: 3\r\n\r\n"


@pytest.mark.parametrize("length", [1, 31, 32, 33, 63, 64, 65, 127])
def test_render_leaves_named_fields_of_any_length_behind(length: int) -> None:
    name = b"x" * length
    head = head_of(b"A: 1", b"Connection: " + name, name + b": 1", b"B: 2")
    assert forwarded(head, b"S\r\n", frozenset()) == b"S\r\nHost: h\r\nA: 1\r\nB: 2\r\n\r\n"
    other = head_of(b"A: 1", name + b": 1", b"B: 2")
    assert forwarded(other, b"S\r\n", frozenset({name})) == b"S\r\nHost: h\r\nA: 1\r\nB: 2\r\n\r\n"


def test_scans_a_section_without_a_start_line() -> None:
    fields = Fields()
    assert fields.get(b"a") is None
    assert fields.items() == []
