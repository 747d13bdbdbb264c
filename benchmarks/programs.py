"""The programs that a benchmark runs: pinned ones from `.tools`, and this checkout's `weir`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.installed import find_program, remedy

WEIR = Path(sys.executable).with_name("weir")
VERSION = re.compile(r"\bv?\d+(?:\.\d+)+[^\s/;,)]*")


# Names that stand for programs of other places, while `named` holds.
_named: dict[str, Path] = {}


class ProgramMissing(Exception):
    """The machine lacks a program; the message says how to get it."""


def program(name: str) -> Path:
    """The executable of that name. Raises ProgramMissing."""
    if name in _named:
        return _named[name]
    found = (WEIR if WEIR.exists() else None) if name == "weir" else find_program(name)
    if found is None:
        raise ProgramMissing(f"{name} is missing: {'make setup' if name == 'weir' else remedy(name)}")
    return found


@contextmanager
def named(programs: Mapping[str, Path]) -> Iterator[None]:
    """Within it these names stand for these executables, `weir` included."""
    before = dict(_named)
    _named.update(programs)
    try:
        yield
    finally:
        _named.clear()
        _named.update(before)


def version_of(name: str) -> str:
    """The program's name with the version that it prints, `unknown` where it prints none."""
    kind = name.partition("@")[0]
    option = {"weir": "version", "consul": "version", "caddy": "version", "envoy": "--version"}.get(kind, "-v")
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
