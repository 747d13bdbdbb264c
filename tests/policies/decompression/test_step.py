"""Which requests are unpacked."""

from __future__ import annotations

import gzip

import pytest

from config.resources.shaping import Decompression
from policies.decompression.step import compile_decompression
from policies.subject import Subject
from tests.support.subjects import environment, subject


def decided(*lines: str, body: bool = True) -> Subject:
    asked = subject(*lines, *["Content-Length: 9"] * body, method="POST")
    compile_decompression(Decompression(), environment()).decide(asked)
    return asked


@pytest.mark.parametrize("coding", ["gzip", "GZip", "x-gzip", "br", "zstd"])
def test_a_body_of_a_known_coding_is(coding: str) -> None:
    asked = decided(f"Content-Encoding: {coding}")
    assert asked.unpacker is not None
    assert {b"content-encoding", b"content-length", b"content-digest"} <= asked.request_drop


@pytest.mark.parametrize(
    "lines", [(), ("Content-Encoding: deflate",), ("Content-Encoding: gzip, br",), ("Content-Encoding: gzip",) * 2]
)
def test_a_body_of_none_or_several_is_not(lines: tuple[str, ...]) -> None:
    asked = decided(*lines)
    assert (asked.unpacker, asked.request_drop) == (None, set())


def test_a_request_without_a_body_is_not() -> None:
    assert decided("Content-Encoding: gzip", body=False).unpacker is None


def test_each_request_has_its_own() -> None:
    one, other = decided("Content-Encoding: gzip").unpacker, decided("Content-Encoding: gzip").unpacker
    assert one is not None
    assert other is not None
    assert one.feed(gzip.compress(b"a")) + other.feed(gzip.compress(b"b")) == b"ab"
