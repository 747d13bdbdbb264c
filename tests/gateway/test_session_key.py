"""The key of sessions: drawn once, kept for its owner alone, and never in the way of a start."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.session_key import KEY_BYTES, KEY_FILE, session_key


def test_without_a_folder_each_process_has_its_own() -> None:
    assert session_key(None) != session_key(None)
    assert len(session_key(None)) == KEY_BYTES


def test_in_a_folder_it_stays_the_same_and_is_for_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert session_key(folder) == session_key(folder)
    assert (folder / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_what_is_broken_costs_sessions_and_not_the_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"short")
    assert len(session_key(tmp_path)) == KEY_BYTES
    assert "5 bytes, not 64" in caplog.text
    (tmp_path / "file").write_text("")
    assert len(session_key(tmp_path / "file")) == KEY_BYTES
    assert "sessions end with this process" in caplog.text
