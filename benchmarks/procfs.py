"""What the kernel knows of a proxy's processes: CPU time in nanoseconds, its user share, memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PROC = Path("/proc")
# The CPU clock of another process: its id inverted, shifted by three, with the bits of "whole process, run time"
# (clock_getcpuclockid(3) makes the same number). It counts nanoseconds and threads that ended, where the ticks of
# /proc/PID/stat are 10 ms.
_CPUCLOCK_SCHED = 2


class ProcessEnded(Exception):
    """A process that was to be measured is gone."""


@dataclass(frozen=True, slots=True)
class CpuTime:
    """CPU time of a set of processes up to now. `user_ticks` and `system_ticks` only say how `total_ns` splits."""

    total_ns: int
    user_ticks: int
    system_ticks: int

    def since(self, before: CpuTime) -> CpuTime:
        """What was used between the two readings."""
        return CpuTime(
            self.total_ns - before.total_ns,
            self.user_ticks - before.user_ticks,
            self.system_ticks - before.system_ticks,
        )

    @property
    def user_share(self) -> float:
        """The part of it spent outside the kernel, 0..1; 0 where no tick fell."""
        ticks = self.user_ticks + self.system_ticks
        return self.user_ticks / ticks if ticks else 0.0


def process_tree(pid: int) -> tuple[int, ...]:
    """The process and all its descendants, the process first. Raises ProcessEnded."""
    try:
        return (pid, *sorted(child.pid for child in psutil.Process(pid).children(recursive=True)))
    except psutil.NoSuchProcess:
        raise ProcessEnded(f"process {pid} ended") from None


def cpu_time(pids: Sequence[int]) -> CpuTime:
    """CPU time of these processes, summed. Raises ProcessEnded."""
    total_ns = user_ticks = system_ticks = 0
    for pid in pids:
        try:
            total_ns += time.clock_gettime_ns((~pid << 3) | _CPUCLOCK_SCHED)
        except OSError:
            raise ProcessEnded(f"process {pid} ended") from None
        user, system = parse_stat(_read(pid, "stat"))
        user_ticks += user
        system_ticks += system
    return CpuTime(total_ns, user_ticks, system_ticks)


def peak_memory_kib(pids: Sequence[int]) -> int:
    """The sum of each process's greatest resident size; shared pages count in each. Raises ProcessEnded."""
    return sum(parse_kib(_read(pid, "status"), "VmHWM") for pid in pids)


def anonymous_memory_kib(pids: Sequence[int]) -> int:
    """Memory that is the processes' own, not that of files, summed. Raises ProcessEnded."""
    return sum(parse_kib(_read(pid, "smaps_rollup"), "Anonymous") for pid in pids)


def parse_stat(text: str) -> tuple[int, int]:
    """User and system ticks (fields 14, 15) of a /proc/PID/stat; the name in field 2 may hold blanks and brackets."""
    fields = text[text.rindex(")") + 1 :].split()
    return int(fields[11]), int(fields[12])


def parse_kib(text: str, name: str) -> int:
    """The figure of a line `Name:   123 kB`. Raises LookupError where no line has that name."""
    for line in text.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(f"no line {name}")


def _read(pid: int, name: str) -> str:
    try:
        return (PROC / str(pid) / name).read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        raise ProcessEnded(f"process {pid} ended") from None
