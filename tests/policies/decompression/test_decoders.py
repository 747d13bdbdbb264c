"""Decoders against their own libraries: any cut, any octets, and bombs that come out in pieces."""

from __future__ import annotations

import contextlib
import itertools
import zlib

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from policies.decompression.decoders import MEMBERS, PIECE_BYTES, ZSTD_INPUT_BYTES, Corrupt, Decoder, decoders

CODINGS = (b"gzip", b"br", b"zstd")
MAKE = decoders()


def encoded(coding: bytes, body: bytes) -> bytes:
    if coding == b"br":
        whole: bytes = brotli.compress(body)
        return whole
    if coding == b"zstd":
        return zstandard.ZstdCompressor().compress(body)
    each = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return each.compress(body) + each.flush()


def decoded(decoder: Decoder, *parts: bytes) -> bytes:
    return b"".join(piece for part in parts for piece in decoder.decode(part))


@pytest.mark.parametrize("coding", CODINGS)
@given(body=st.binary(max_size=2000), cuts=st.lists(st.integers(0, 2000), max_size=4))
def test_a_body_comes_out_whole_however_it_is_cut(coding: bytes, body: bytes, cuts: list[int]) -> None:
    whole, decoder = encoded(coding, body), MAKE[coding]()
    places = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    parts = [whole[start:end] for start, end in itertools.pairwise(places)]
    assert decoded(decoder, *parts) == body
    assert decoder.ended


@pytest.mark.parametrize("coding", CODINGS)
@given(body=st.binary(min_size=1, max_size=200), missing=st.integers(1, 300))
def test_a_body_that_is_cut_short_has_not_ended(coding: bytes, body: bytes, missing: int) -> None:
    whole, decoder = encoded(coding, body), MAKE[coding]()
    decoded(decoder, whole[: max(0, len(whole) - missing)])
    assert not decoder.ended


@pytest.mark.parametrize("coding", CODINGS)
@given(junk=st.binary(max_size=300), begun=st.binary(max_size=50))
def test_any_octets_come_out_or_are_corrupt(coding: bytes, junk: bytes, begun: bytes) -> None:
    for octets in (junk, encoded(coding, begun)[:-3] + junk):
        with contextlib.suppress(Corrupt):
            decoded(MAKE[coding](), octets)


@pytest.mark.parametrize("coding", CODINGS)
def test_what_follows_a_body_is_corrupt(coding: bytes) -> None:
    for body in (b"hello", bytes(3 * PIECE_BYTES)):
        whole = encoded(coding, body)
        for parts in ((whole + b"junkjunkjunkjunk",), (whole, b"junk")):
            decoder = MAKE[coding]()
            with pytest.raises(Corrupt):
                decoded(decoder, *parts)


@pytest.mark.parametrize("coding", [b"gzip", b"zstd"])
def test_members_after_one_another_are_one_body_up_to_a_bound(coding: bytes) -> None:
    decoder = MAKE[coding]()
    assert decoded(decoder, encoded(coding, b"a") * MEMBERS) == b"a" * MEMBERS
    assert decoder.ended
    with pytest.raises(Corrupt, match="members"):
        decoded(MAKE[coding](), encoded(coding, b"") * (MEMBERS + 1))


@pytest.mark.parametrize(
    ("coding", "most"),
    [(b"gzip", PIECE_BYTES), (b"br", 2 * PIECE_BYTES), (b"zstd", ZSTD_INPUT_BYTES // 4 * 131072)],
)
def test_a_bomb_comes_out_in_pieces(coding: bytes, most: int) -> None:
    bomb = encoded(coding, bytes(40 * PIECE_BYTES))
    assert len(bomb) < 100_000
    sizes = [len(piece) for piece in MAKE[coding]().decode(bomb)]
    assert sum(sizes) == 40 * PIECE_BYTES
    assert max(sizes) <= most


def test_a_window_that_takes_too_much_memory_is_corrupt() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=25)
    each = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(Corrupt):
        decoded(MAKE[b"zstd"](), each.compress(b"x") + each.flush())


def test_x_gzip_is_gzip() -> None:
    assert decoded(MAKE[b"x-gzip"](), encoded(b"gzip", b"hello")) == b"hello"
