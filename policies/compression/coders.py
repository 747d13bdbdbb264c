"""The content codings: one interface over zlib, brotli and zstandard, each imported where a policy asks for it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

WINDOW_BITS = 17
"""128 KiB to look back in. With more a coder of zstd takes ten times the memory at high levels, for each answer that is
under way; browsers take up to 8 MiB (RFC 9659 3)."""


class Coder(Protocol):
    """One body on its way: what is given comes out encoded, sooner or later."""

    def feed(self, data: bytes, /) -> bytes:
        """What comes out for `data`; often nothing."""

    def flush(self) -> bytes:
        """All that was fed so far, in a form that can be read without what follows."""

    def finish(self) -> bytes:
        """The rest."""


class _Gzip:
    """RFC 1952."""

    __slots__ = ("_compressor", "feed")

    def __init__(self, level: int) -> None:
        self._compressor = zlib.compressobj(level, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        self.feed = self._compressor.compress

    def flush(self) -> bytes:
        return self._compressor.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._compressor.flush()


def _gzip(level: int) -> Callable[[], Coder]:
    return lambda: _Gzip(min(level, 9))


def _brotli(level: int) -> Callable[[], Coder]:
    """RFC 7932."""
    import brotli  # type: ignore[import-untyped]

    class Brotli:
        __slots__ = ("feed", "finish", "flush")

        def __init__(self) -> None:
            compressor = brotli.Compressor(quality=min(level, 11), lgwin=WINDOW_BITS)
            self.feed, self.flush, self.finish = compressor.process, compressor.flush, compressor.finish

    return Brotli


def _zstd(level: int) -> Callable[[], Coder]:
    """RFC 8878."""
    import zstandard

    parameters = zstandard.ZstdCompressionParameters.from_level(min(level, 19), source_size=1 << WINDOW_BITS)

    class Zstd:
        __slots__ = ("_compressor", "feed")

        def __init__(self) -> None:
            self._compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
            self.feed = self._compressor.compress

        def flush(self) -> bytes:
            return self._compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

        def finish(self) -> bytes:
            return self._compressor.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)

    return Zstd


_MAKERS = {"gzip": _gzip, "br": _brotli, "zstd": _zstd}


def coder(coding: str, level: int) -> Callable[[], Coder]:
    """What makes a coder of `coding` (gzip, br or zstd); `level` is the effort, cut to what the coding has."""
    return _MAKERS[coding](level)
