"""Tests of the last good set in the state folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.sources.text import SourceText
from gateway.kept_set import KEPT_FILE, keep, kept

TEXTS = (SourceText("a.yaml", "kind: Ä\n".encode()), SourceText("consul:weir/b", b""))


def test_gives_back_what_was_kept_for_the_owners_eyes_alone(tmp_path: Path) -> None:
    keep(tmp_path / "new/state", [SourceText("old", b"")])
    keep(tmp_path / "new/state", TEXTS)
    assert kept(tmp_path / "new/state") == TEXTS
    assert (tmp_path / "new/state" / KEPT_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"[[1,2,3]]", b'"abc"', b"\xff"])
def test_a_file_that_is_damaged_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / KEPT_FILE).write_bytes(data)
    assert kept(tmp_path) == ()
    assert kept(tmp_path / "missing") == ()


def test_a_folder_that_cannot_be_written_is_said_and_harms_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    keep(tmp_path / "file", TEXTS)
    assert [record.message.partition(" in ")[0] for record in caplog.records] == ["the configuration could not be kept"]
