"""The chunked coding: what is taken, what is dropped, what is refused."""

from __future__ import annotations

import pytest

from gateway.errors import LimitExceeded, ProtocolError
from gateway.hot.chunk import ChunkScanner, encode_chunk, encode_last_chunk


def feed(data: bytes, limit_bytes: int = 1000) -> tuple[bytes, ChunkScanner, int]:
    scanner = ChunkScanner(limit_bytes, 10)
    events: list[bytes] = []
    end = scanner.feed(data, 0, events)
    return b"".join(events), scanner, end


@pytest.mark.parametrize("extension", [b"", b";a", b";a=b", b';a="q\\"\t"', b';a;b=1;c=""'])
def test_drops_extensions(extension: bytes) -> None:
    body, scanner, _ = feed(b"5" + extension + b"\r\nhello\r\n0\r\n\r\n")
    assert (body, scanner.done) == (b"hello", True)


def test_keeps_trailers_less_forbidden_ones_and_stops_at_the_end() -> None:
    raw = b"0\r\nX-T: 1\r\nContent-Length: 5\r\nHOST: x\r\n\r\n"
    _, scanner, end = feed(raw + b"GET")
    assert scanner.trailers == [(b"X-T", b"1")]
    assert end == len(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n", b"+5\r\n", b"-1\r\n", b"0x5\r\n", b" 5\r\n", b"5 \r\n", b"5\n", b"5\rx", b"5_0\r\n", b"g\r\n",
        b";a\r\n",
        b"1000000000000000\r\n", b"0000000000000005\r\n", b"5;\r\n", b"5;a=\r\n", b"5; a\r\n", b"5;a b\r\n",
        b"5;a\nX", b'5;a="\n"\r\n', b'5;a="b"c\r\n', b"5;\x00\r\n", b"2\r\nabc", b"2\r\nab\n", b"2\r\nab\rX",
        b"0\r\nX\r\n\r\n", b"0\r\n\n", b"0\r\nA: 1\n\r\n", b"0\r\nA : 1\r\n\r\n", b"0\r\n A: 1\r\n\r\n",
        b"0\r\n\rX\r\n\r\n",
    ],
)  # fmt: skip
def test_refuses(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        feed(raw)


def test_bounds_extensions_and_trailers() -> None:
    with pytest.raises(ProtocolError, match="chunk extensions"):
        feed(b"5;" + b"a" * 20000)
    with pytest.raises(LimitExceeded) as caught:
        feed(b"0\r\nA: " + b"a" * 2000)
    assert caught.value.status == 431


def test_a_piece_that_is_all_body_is_not_copied() -> None:
    scanner = ChunkScanner(100, 10)
    events: list[bytes] = []
    scanner.feed(b"10\r\n", 0, events)
    piece = b"0123456789"
    scanner.feed(piece, 0, events)
    assert events[0] is piece


def test_encodes_what_it_scans() -> None:
    body, scanner, _ = feed(encode_chunk(b"x" * 300) + encode_last_chunk([(b"X-T", b"1")]))
    assert body == b"x" * 300
    assert scanner.trailers == [(b"X-T", b"1")]
