"""What a client makes of an encoded body: decoders of each content coding, part by part."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import zstandard

Decode = Callable[[bytes], bytes]


def decoder(coding: bytes) -> Decode:
    """Gives what can be read of the body so far, at each call with a further part of it."""
    if coding == b"gzip":
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress
    if coding == b"br":
        process: Decode = brotli.Decompressor().process
        return process
    assert coding == b"zstd"
    return zstandard.ZstdDecompressor().decompressobj().decompress
