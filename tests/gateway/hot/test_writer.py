"""A head is put together in pieces, whatever its size."""

from __future__ import annotations

import pytest

from gateway.hot.writer import FIRST_BYTES, KEPT_BYTES, HeadWriter


@pytest.mark.parametrize("piece_bytes", [1, 7, FIRST_BYTES, FIRST_BYTES + 1, 3 * KEPT_BYTES])
def test_gives_what_was_put(piece_bytes: int) -> None:
    out = HeadWriter()
    pieces = [bytes([65 + number]) * piece_bytes for number in range(5)]
    for _ in range(2):
        out.begin()
        for piece in pieces:
            out.put(piece)
        assert out.size == 5 * piece_bytes
        assert out.take() == b"".join(pieces)


def test_begins_anew_where_the_last_head_was_left_unfinished() -> None:
    out = HeadWriter()
    out.put(b"never taken")
    out.begin()
    assert out.take() == b""
