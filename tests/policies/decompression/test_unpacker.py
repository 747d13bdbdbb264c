"""Bounds on what a body unfolds to."""

from __future__ import annotations

import gzip

import pytest

from policies.decompression.decoders import decoders
from policies.decompression.unpacker import UNWATCHED_BYTES, Unfit, Unpacker

MIB = 1 << 20


def unpacker(max_bytes: int = 100 * MIB, max_ratio: int = 10_000) -> Unpacker:
    return Unpacker(decoders()[b"gzip"](), max_bytes, max_ratio)


def test_a_body_within_the_bounds_comes_out_whole() -> None:
    each, whole = unpacker(max_bytes=5), gzip.compress(b"hello")
    assert each.feed(whole[:4]) + each.feed(whole[4:]) == b"hello"
    each.finish()


def test_more_than_the_largest_body_is_413() -> None:
    with pytest.raises(Unfit, match="more than 4 bytes") as found:
        unpacker(max_bytes=4).feed(gzip.compress(b"hello"))
    assert found.value.denial.status == 413


def test_a_bomb_is_413_before_it_is_whole() -> None:
    with pytest.raises(Unfit, match="100 times") as found:
        unpacker(max_ratio=100).feed(gzip.compress(bytes(50 * MIB)))
    assert found.value.denial.status == 413


def test_a_small_body_may_grow_by_any_ratio() -> None:
    body = bytes(UNWATCHED_BYTES)
    assert unpacker(max_ratio=1).feed(gzip.compress(body)) == body
    with pytest.raises(Unfit):
        unpacker(max_ratio=1).feed(gzip.compress(body + b"x"))


@pytest.mark.parametrize("octets", [b"no gzip at all", gzip.compress(b"hello")[:-8] + bytes(8)], ids=["none", "sum"])
def test_a_broken_body_is_400(octets: bytes) -> None:
    with pytest.raises(Unfit, match="broken") as found:
        unpacker().feed(octets)
    assert found.value.denial.status == 400


@pytest.mark.parametrize("octets", [b"", gzip.compress(b"hello")[:-1]], ids=["empty", "short"])
def test_a_body_that_is_cut_short_is_400(octets: bytes) -> None:
    each = unpacker()
    each.feed(octets)
    with pytest.raises(Unfit, match="cut short") as found:
        each.finish()
    assert found.value.denial.status == 400
