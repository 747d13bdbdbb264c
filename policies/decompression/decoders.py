"""Decoders of the content codings that give out bounded pieces, each imported where a policy asks for it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

PIECE_BYTES = 1 << 20
"""About what gzip and brotli give out at once at most, so that a bomb is seen before it is whole."""
ZSTD_INPUT_BYTES = 128
"""zstandard has no bound on what it gives out at once, but four octets come to 128 KiB at most (RFC 8878 3.1.1.2)."""
ZSTD_WINDOW_BYTES = 8 << 20
"""RFC 9659 3."""
MEMBERS = 100
"""Members (RFC 1952 2.2) or frames (RFC 8878 3) of one body: to begin one costs far more than to send it empty."""


class Corrupt(Exception):
    """The body is not of its coding."""


class Decoder(Protocol):
    """One body on its way."""

    def decode(self, data: bytes, /) -> Iterator[bytes]:
        """The pieces that come out for `data`, some of them empty. Raises Corrupt."""

    @property
    def ended(self) -> bool:
        """Whether the body may end here."""


class _Gzip:
    __slots__ = ("_begun", "_member")

    def __init__(self) -> None:
        self._begun = 0
        self._member = self._begin()

    def _begin(self) -> zlib._Decompress:
        self._begun = _counted(self._begun)
        return zlib.decompressobj(16 + zlib.MAX_WBITS)

    def decode(self, data: bytes) -> Iterator[bytes]:
        full = False
        # What was read and not given out yet comes with the next call, which may have nothing more to read.
        while data or full:
            if self._member.eof:
                self._member = self._begin()
            try:
                piece = self._member.decompress(data, PIECE_BYTES)
            except zlib.error as error:
                raise Corrupt(str(error)) from error
            yield piece
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            full = len(piece) == PIECE_BYTES and not self._member.eof

    @property
    def ended(self) -> bool:
        return self._member.eof


def _brotli() -> Callable[[], Decoder]:
    import brotli  # type: ignore[import-untyped]

    class Brotli:
        __slots__ = ("_stream",)

        def __init__(self) -> None:
            self._stream = brotli.Decompressor()

        def decode(self, data: bytes) -> Iterator[bytes]:
            if data and self.ended:
                raise Corrupt("more octets than the body has")
            piece = data
            # Up to the first call that gives nothing: that it takes more does not mean that nothing is left.
            while piece and not self.ended:
                try:
                    piece = self._stream.process(data, output_buffer_limit=PIECE_BYTES)
                except brotli.error as error:
                    raise Corrupt(str(error)) from error
                yield piece
                data = b""

        @property
        def ended(self) -> bool:
            return bool(self._stream.is_finished())

    return Brotli


def _zstd() -> Callable[[], Decoder]:
    import zstandard

    make = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)

    class Zstd:
        __slots__ = ("_begun", "_frame")

        def __init__(self) -> None:
            self._begun = 0
            self._begin()

        def _begin(self) -> None:
            self._begun = _counted(self._begun)
            self._frame = make.decompressobj()

        def decode(self, data: bytes) -> Iterator[bytes]:
            for start in range(0, len(data), ZSTD_INPUT_BYTES):
                part = data[start : start + ZSTD_INPUT_BYTES]
                while part:
                    if self._frame.eof:
                        self._begin()
                    try:
                        piece = self._frame.decompress(part)
                    except zstandard.ZstdError as error:
                        raise Corrupt(str(error)) from error
                    yield piece
                    part = self._frame.unused_data if self._frame.eof else b""

        @property
        def ended(self) -> bool:
            return self._frame.eof

    return Zstd


def _counted(begun: int) -> int:
    if begun == MEMBERS:
        raise Corrupt(f"more than {MEMBERS} members")
    return begun + 1


def decoders() -> dict[bytes, Callable[[], Decoder]]:
    """What makes a decoder of each coding that is known, by its name and its alias (RFC 9110 8.4.1.3)."""
    return {b"gzip": _Gzip, b"x-gzip": _Gzip, b"br": _brotli(), b"zstd": _zstd()}
