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
        """The named packages and what they depend on, less the base system and `skip`, sorted by name."""
        closure = self._closure(names)
        return [closure[name] for name in sorted(closure) if name not in skip and name not in self._installed]

    def _closure(self, names: tuple[str, ...]) -> dict[str, Package]:
        text = self._run("install", "--print-uris", "--yes", "--no-install-recommends", *names)
        found: dict[str, Package] = {}
        for address, file in re.findall(r"^'([^']+)' (\S+)_\S+\.deb ", text, re.MULTILINE):
            name, _, version = file.partition("_")
            package = Package(name, version.replace("%3a", ":"), address.removeprefix(f"{self._base}/"), "")
            found[name] = package
        return found

    def with_hash(self, package: Package) -> Package:
        """The package with the SHA-256 of the signed index."""
        text = self._run("download", "--print-uris", package.name)
        match = re.search(r"SHA256:([0-9a-f]{64})", text)
        if match is None:
            raise debian.FetchError(f"the index has no SHA-256 of {package.name}")
        return Package(package.name, package.version, package.path, match.group(1))

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
    index = indexes[program.suite]
    return [index.with_hash(each) for each in index.packages(program.packages, program.skip)]


if __name__ == "__main__":
    sys.exit(main())
