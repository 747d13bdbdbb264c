"""The names that a wildcard in `exposeHeaders` comes to."""

from __future__ import annotations

from policies.cors.exposed import SAFELISTED, exposing_line


def test_lists_each_name_once_in_lower_case_and_in_order() -> None:
    fields = [(b"X-B", b"1"), (b"x-a", b"2"), (b"x-b", b"3")]
    assert exposing_line(fields, frozenset()) == b"access-control-expose-headers: x-b, x-a\r\n"


def test_leaves_out_what_is_safelisted_forbidden_or_dropped() -> None:
    fields = [(name.title(), b"") for name in SAFELISTED] + [(b"Set-Cookie", b""), (b"X-Gone", b""), (b"ETag", b"")]
    assert exposing_line(fields, frozenset((b"x-gone",))) == b"access-control-expose-headers: etag\r\n"


def test_is_empty_where_nothing_is_left() -> None:
    assert exposing_line([(b"Content-Type", b"text/plain")], frozenset()) == b""
