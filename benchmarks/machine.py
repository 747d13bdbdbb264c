"""The machine and the commit that figures belong to."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from benchmarks.placement import Cores
from benchmarks.results import Machine

ROOT = Path(__file__).resolve().parent.parent


def this_machine(cores: Cores) -> Machine:
    """What /proc says of it."""
    return Machine(
        processor=processor_name(Path("/proc/cpuinfo").read_text(encoding="utf-8")),
        cores=os.cpu_count() or 1,
        memory_mib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        kernel=platform.release(),
        proxy_cores=tuple(sorted(cores.proxy)),
        load_cores=tuple(sorted(cores.load)),
    )


def processor_name(cpuinfo: str) -> str:
    """The model name in a /proc/cpuinfo; the architecture where it has none, as on ARM."""
    for line in cpuinfo.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def commit(root: Path = ROOT) -> str:
    """The short id of the checkout's commit, with `+` where tracked files differ from it; `unknown` without git."""
    try:
        head = _git(root, "rev-parse", "--short", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}+" if changed else head


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()
