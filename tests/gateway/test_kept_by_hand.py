"""Settings by hand over restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from discovery.health.board import HealthBoard
from discovery.health.by_hand import Action, ByHand, Setting
from gateway import kept_by_hand
from gateway.kept_by_hand import KEPT_FILE, KeptByHand
from tests.support.endpoints import DiscoveryRuntime

DRAIN = Setting("d/b", "e1", Action.DRAIN, 0.0, 1e12, reason="release", who="ops")
EJECT = Setting("d/b", "e1", Action.EJECT, 0.0, 2e12, reason="broken", who="ops")


async def process(folder: Path | None, unix_s: float = 1.0) -> tuple[HealthBoard, KeptByHand]:
    """What a start makes."""
    board = HealthBoard(DiscoveryRuntime(), lambda _: None, lambda _: None, ByHand())
    kept = KeptByHand(board, folder)
    kept.read(unix_s)
    return board, kept


async def test_next_process_goes_on_with_what_is_in_force(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    board, kept = await process(folder)
    assert await kept.put(DRAIN)
    assert await kept.put(EJECT)
    assert (folder / KEPT_FILE).stat().st_mode & 0o777 == 0o600
    await board.close()
    board, kept = await process(folder, 1.5e12)
    assert board.by_hand.all == (EJECT,)
    assert await kept.take_back("d/b", "e1", Action.EJECT)
    assert not await kept.take_back("d/b", "e1", Action.EJECT)
    await board.close()
    board, _ = await process(folder)
    assert board.by_hand.all == ()
    await board.close()


async def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    board, kept = await process(None)
    assert not await kept.put(DRAIN)
    assert board.by_hand.all == (DRAIN,)
    await board.close()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff"])
async def test_damaged_file_is_told_and_costs_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    (tmp_path / KEPT_FILE).write_bytes(data)
    board, kept = await process(tmp_path)
    assert board.by_hand.all == ()
    assert "what was set by hand is lost" in caplog.text
    assert await kept.put(DRAIN)
    await board.close()


async def test_file_of_any_size_is_not_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_by_hand, "LIMIT_BYTES", 3)
    (tmp_path / KEPT_FILE).write_bytes(b"{   }")
    board, _ = await process(tmp_path)
    assert "too large" in caplog.text
    await board.close()


async def test_folder_that_cannot_be_written_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    board, kept = await process(None)
    kept = KeptByHand(board, tmp_path / "file")
    assert not await kept.put(DRAIN)
    assert "ends with this process" in caplog.text
    assert board.by_hand.all == (DRAIN,)
    await board.close()
