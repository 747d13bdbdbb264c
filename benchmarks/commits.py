"""Weir as it was at a commit: its files taken out of git, compiled beside them, and a command that runs them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import ROOT, commit
from benchmarks.programs import ProgramMissing, program

FOLDER = ROOT / "build" / "commits"
# What is in the folder of this checkout, compiled by `make build`, edits in no commit included.
CHECKOUT = "."
LAUNCHER = """\
#!/bin/sh
# -P: nothing is imported from the folder that this is called in, which may be another Weir's.
PYTHONPATH='{folder}' exec '{python}' -P -m gateway.cli "$@"
"""
BUILD_TIMEOUT_S = 1200


class NotBuilt(Exception):
    """There is no such commit, or it does not compile; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Build:
    """A Weir that can be run. `short_id` has a `+` where it is a checkout with edits that are in no commit."""

    short_id: str
    launcher: Path


def build(revision: str, folder: Path = FOLDER, root: Path = ROOT) -> Build:
    """Weir at that revision, compiled with this environment's tools unless `folder` has it from before.

    `revision` is what git takes, or `.` for this checkout as it is. It runs with the packages of this environment,
    whatever its own lock file says. Raises NotBuilt, ProgramMissing.
    """
    if revision == CHECKOUT:
        return Build(commit(root), program("weir"))
    long_id = _output(
        "git", "-C", str(root), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    short_id = _output("git", "-C", str(root), "rev-parse", "--short", long_id)
    tree = folder / long_id
    launcher = tree / "bench-weir"
    if not launcher.exists():
        if tree.exists():
            shutil.rmtree(tree)
        tree.mkdir(parents=True)
        archive = tree / ".archive.tar"
        _output("git", "-C", str(root), "archive", "--output", str(archive), long_id)
        _output("tar", "-x", "-C", str(tree), "-f", str(archive))
        archive.unlink()
        _output(sys.executable, "setup.py", "--quiet", "build_ext", "--inplace", "--parallel", "2", cwd=tree)
        # What lies between source and module is most of the space.
        shutil.rmtree(tree / "build", ignore_errors=True)
        # It appears last, so that a build that was interrupted is done again.
        partial = tree / ".bench-weir"
        partial.write_text(LAUNCHER.format(folder=tree, python=sys.executable), encoding="utf-8")
        partial.chmod(0o755)
        partial.replace(launcher)
    return Build(short_id, launcher)


def _output(*command: str, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            timeout=BUILD_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise ProgramMissing(f"{command[0]} is missing") from None
    if done.returncode != 0:
        raise NotBuilt(f"{' '.join(command)} failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout.strip()
