"""Tests of `python -m gateway.cli`."""

from __future__ import annotations

import subprocess
import sys

from tests.support.weir_command import weir


def test_is_the_weir_command() -> None:
    ended = subprocess.run([sys.executable, "-m", "gateway.cli", "version"], capture_output=True, text=True, check=True)
    assert ended.stdout == weir("version").stdout
