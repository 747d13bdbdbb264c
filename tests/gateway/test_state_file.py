"""A file of the state folder is replaced as a whole, and nobody but its owner reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.state_file import write_state


def test_the_last_one_is_there_for_its_owner_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "new/state/a.json"
    write_state(file, b"first, which is longer")
    write_state(file, b"second")
    assert file.read_bytes() == b"second"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_where_it_fails_the_one_before_stays(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_state(file, b"first")
    (tmp_path / "a.json.new").mkdir()
    with pytest.raises(OSError):
        write_state(file, b"second")
    assert file.read_bytes() == b"first"
