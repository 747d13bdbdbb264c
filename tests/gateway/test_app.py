"""Tests of what `run` puts together, as a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gateway.supervisor import Exit

PROGRAM = "import sys; from pathlib import Path; from gateway.app import run; sys.exit(run([Path(sys.argv[1])]))"


def test_a_broken_file_ends_it_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text("kind: [\n")
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == Exit.CONFIG, ended.stderr
    assert "weir.yaml:" in ended.stderr
