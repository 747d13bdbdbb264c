"""A body in memory and on disk."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Overloaded
from gateway.http.spooled_body import PIECE_BYTES, SpooledBody


def whole(body: SpooledBody) -> bytes:
    body.rewind()
    parts = []
    while piece := body.next_piece():
        assert len(piece) <= PIECE_BYTES
        parts.append(piece)
    return b"".join(parts)


@given(parts=st.lists(st.binary(max_size=50), max_size=8), memory_bytes=st.integers(0, 200))
def test_it_comes_back_whole_as_often_as_it_is_asked(parts: list[bytes], memory_bytes: int) -> None:
    body = SpooledBody(memory_bytes)
    for part in parts:
        body.append(part)
    assert body.length == sum(map(len, parts))
    assert whole(body) == whole(body) == b"".join(parts)
    assert body.exhausted
    body.close()


def test_a_large_body_comes_in_pieces_from_disk() -> None:
    body, data = SpooledBody(1000), os.urandom(3 * PIECE_BYTES + 7)
    body.append(data[:900])
    assert body.memory_bytes == 900
    body.append(data[900:])
    assert body.memory_bytes == 0
    assert whole(body) == data
    body.rewind()
    assert not body.exhausted
    body.close()
    assert body.exhausted


def test_nothing_of_it_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    body = SpooledBody(10)
    body.append(bytes(1000))
    assert list(tmp_path.iterdir()) == []
    body.close()


def test_a_disk_without_room_is_told() -> None:
    body = SpooledBody(10)
    body.append(b"x" * 100)
    assert body._file is not None
    with Path("/dev/full").open("wb", buffering=0) as full:
        os.dup2(full.fileno(), body._file.fileno())
    with pytest.raises(Overloaded, match="No space left"):
        body.append(b"x")
    body.close()
