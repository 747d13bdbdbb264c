"""Where a program is: in `.tools/bin`, else on PATH; and which command would bring a missing one."""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.pins import TOOLS_DIR, programs


def find_program(name: str) -> Path | None:
    """The executable of that name, the pinned one first; None where the machine has none."""
    pinned = TOOLS_DIR / "bin" / name
    if pinned.exists():
        return pinned
    found = shutil.which(name)
    return Path(found) if found else None


def remedy(name: str) -> str:
    """The command that brings a missing program."""
    for program in programs():
        if name in program.commands:
            return "make test-tools" if "test" in program.sets else "make bench-tools"
    return f"put {name} on PATH"
