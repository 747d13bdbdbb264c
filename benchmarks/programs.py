"""The programs that a benchmark runs: pinned ones from `.tools`, and this checkout's `weir`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.installed import find_program, remedy

WEIR = Path(sys.executable).with_name("weir")


class ProgramMissing(Exception):
    """The machine lacks a program; the message says how to get it."""


def program(name: str) -> Path:
    """The executable of that name. Raises ProgramMissing."""
    found = (WEIR if WEIR.exists() else None) if name == "weir" else find_program(name)
    if found is None:
        raise ProgramMissing(f"{name} is missing: {'make setup' if name == 'weir' else remedy(name)}")
    return found


def version_of(name: str) -> str:
    """The first line with a digit that the program prints of its version, `unknown` where it prints none."""
    option = {"weir": "version", "nginx": "-v", "consul": "version"}.get(name, "-v")
    done = subprocess.run(
        [program(name), option], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30
    )
    lines = [" ".join(line.split()) for line in (done.stdout + done.stderr).splitlines()]
    return next((line for line in lines if any(each.isdigit() for each in line)), "unknown")
