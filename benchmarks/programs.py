"""The programs that a benchmark runs: pinned ones from `.tools`, and this checkout's `weir`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tools.installed import find_program, remedy

WEIR = Path(sys.executable).with_name("weir")
VERSION = re.compile(r"\bv?\d+(?:\.\d+)+[^\s/;,)]*")


class ProgramMissing(Exception):
    """The machine lacks a program; the message says how to get it."""


def program(name: str) -> Path:
    """The executable of that name. Raises ProgramMissing."""
    found = (WEIR if WEIR.exists() else None) if name == "weir" else find_program(name)
    if found is None:
        raise ProgramMissing(f"{name} is missing: {'make setup' if name == 'weir' else remedy(name)}")
    return found


def version_of(name: str) -> str:
    """The program's name with the version that it prints, `unknown` where it prints none."""
    option = {"weir": "version", "consul": "version", "caddy": "version", "envoy": "--version"}.get(name, "-v")
    done = subprocess.run(
        [program(name), option], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30
    )
    return f"{name} {parse_version(done.stdout + done.stderr)}"


def parse_version(output: str) -> str:
    """The first number with a dot in it, and what is joined to it: a version.

    Words that begin with a slash are left out: Envoy prints the path of its file first, which may have numbers too.
    """
    words = " ".join(word for word in output.split() if not word.startswith("/"))
    found = VERSION.search(words)
    return found.group() if found else "unknown"
