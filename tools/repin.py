"""Writes `programs.lock.json` anew: asks Debian's signed indexes, and PyPI, for the current packages of each program.

The indexes are kept in an apt state folder of their own, so neither root nor a change to the machine's apt is needed. A
program's libraries are pinned with it, save those that any machine which can build Weir has (`BASE`)
or that only maintainer scripts want.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tools import debian, wheels
from tools.pins import PYPI, Package, Program, pinned, programs, write_lock

BASE = ("apt", "bash", "coreutils", "dpkg", "gcc", "libc6-dev", "make", "python3-dev", "python3-venv")
# What only maintainer scripts and services want, which never run here.
FOR_SCRIPTS = ("adduser", "init-system-helpers", "iproute2", "lsb-base", "perl", "procps", "sysvinit-utils", "usrmerge")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Index:
    """The package index of one suite, in a private apt folder."""

    def __init__(self, suite: str, folder: Path) -> None:
        """Fetch and verify the index. Raises FetchError where apt cannot."""
        self._base = debian.mirrors()[0]
        (folder / "lists" / "partial").mkdir(parents=True)
        sources = folder / "sources.list"
        sources.write_text(f"deb [signed-by={KEYRING}] {self._base} {suite} main\n", encoding="utf-8")
        self._apt = ["apt-get", "-o", f"Dir::State={folder}", "-o", f"Dir::Cache={folder}"]
        self._apt += ["-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/dev/null"]
        self._apt += ["-o", "Dir::State::status=/dev/null", "-o", "APT::Sandbox::User=root"]
        self._run("update")
        self._installed = self._closure((*BASE, *FOR_SCRIPTS))

    def packages(self, names: tuple[str, ...], skip: frozenset[str]) -> list[Package]:
        """The named packages and what they depend on, less the base system and `skip`, sorted by name, with hashes."""
        closure = self._closure(names)
        wanted = closure.keys() - skip - (self._installed.keys() - set(names))
        return self._with_hashes([closure[name] for name in sorted(wanted)])

    def _closure(self, names: tuple[str, ...]) -> dict[str, Package]:
        text = self._run("install", "--print-uris", "--yes", "--no-install-recommends", *names)
        found: dict[str, Package] = {}
        for address, file in re.findall(r"^'([^']+)' (\S+)_\S+\.deb ", text, re.MULTILINE):
            name, _, version = file.partition("_")
            package = Package(name, version.replace("%3a", ":"), address.removeprefix(f"{self._base}/"), "")
            found[name] = package
        return found

    def _with_hashes(self, packages: list[Package]) -> list[Package]:
        """The packages with the SHA-256 of the signed index."""
        text = self._run("download", "--print-uris", *(package.name for package in packages))
        found = dict(re.findall(r"^'[^']+/([^'/]+)' .* SHA256:([0-9a-f]{64})$", text, re.MULTILINE))
        if missing := [package.name for package in packages if package.file_name not in found]:
            raise debian.FetchError(f"the index has no SHA-256 of {', '.join(missing)}")
        return [replace(package, sha256=found[package.file_name]) for package in packages]

    def _run(self, *arguments: str) -> str:
        done = subprocess.run([*self._apt, *arguments], capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise debian.FetchError(f"apt-get {' '.join(arguments)} failed:\n{done.stderr.strip()}")
        return done.stdout


def main() -> int:
    """Pin all programs for this machine's architecture and print what changed."""
    architecture = debian.architecture()
    pins: dict[str, list[Package]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        indexes: dict[str, Index] = {}
        for program in programs():
            pins[program.name] = _current(program, indexes, Path(scratch))
            try:
                before = pinned(program.name, architecture)
            except (LookupError, OSError):
                before = []
            state = "unchanged" if before == pins[program.name] else "pinned"
            print(f"{program.name}: {state}: {', '.join(f'{p.name} {p.version}' for p in pins[program.name])}")
    write_lock(architecture, pins)
    return 0


def _current(program: Program, indexes: dict[str, Index], scratch: Path) -> list[Package]:
    """The newest packages of a program; `indexes` keeps those of Debian's suites that were read already."""
    if program.suite == PYPI:
        return [wheels.newest(name) for name in program.packages]
    if program.suite not in indexes:
        indexes[program.suite] = Index(program.suite, scratch / program.suite)
    return indexes[program.suite].packages(program.packages, program.skip)


if __name__ == "__main__":
    sys.exit(main())
