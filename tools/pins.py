"""The programs of `programs.toml` and their exact packages in `programs.lock.json`, as typed values."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS_FILE = HERE / "programs.toml"
LOCK_FILE = HERE / "programs.lock.json"
TOOLS_DIR = HERE.parent / ".tools"
# What stands for a suite where the packages are wheels.
PYPI = "pypi"


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned .deb or wheel: a .deb's `path` is relative to the archive's base address; `sha256` in hex."""

    name: str
    version: str
    path: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name that the file has in the archive."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Program:
    """One entry of `programs.toml`; `commands` maps a name in `.tools/bin` to the file inside the packages.

    `environment` are variables that it wants set, each to a place inside the packages; `libraries` are folders with
    more libraries for it, below that of the packages' own.
    """

    name: str
    suite: str
    packages: tuple[str, ...]
    skip: frozenset[str]
    sets: frozenset[str]
    commands: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()


def programs() -> list[Program]:
    """All programs, in the order of the file."""
    table = tomllib.loads(PROGRAMS_FILE.read_text(encoding="utf-8"))
    return [
        Program(
            name=name,
            suite=entry["suite"],
            packages=tuple(entry["packages"]),
            skip=frozenset(entry.get("skip", ())),
            sets=frozenset(entry["sets"]),
            commands=dict(entry["commands"]),
            environment=dict(entry.get("environment", {})),
            libraries=tuple(entry.get("libraries", ())),
        )
        for name, entry in table.items()
    ]


def pinned(program: str, architecture: str) -> list[Package]:
    """The packages of a program for a Debian architecture (`amd64`). Raises LookupError where there is no pin."""
    lock = json.loads(LOCK_FILE.read_text(encoding="utf-8"))
    try:
        entries = lock[architecture][program]
    except KeyError:
        raise LookupError(
            f"{LOCK_FILE.name} has no pin of {program} for {architecture}: run `make lock-tools`"
        ) from None
    return [Package(**entry) for entry in entries]


def write_lock(architecture: str, pins: Mapping[str, list[Package]]) -> None:
    """Replace the pins of one architecture, leaving those of others."""
    lock = json.loads(LOCK_FILE.read_text(encoding="utf-8")) if LOCK_FILE.exists() else {}
    lock[architecture] = {
        program: [
            {"name": each.name, "version": each.version, "path": each.path, "sha256": each.sha256} for each in packages
        ]
        for program, packages in pins.items()
    }
    LOCK_FILE.write_text(json.dumps(lock, indent=1, sort_keys=True) + "\n", encoding="utf-8")
