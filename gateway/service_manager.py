"""What the process tells systemd, by the protocol of sd_notify(3), and what it asks of the operating system."""

from __future__ import annotations

import logging
import os
import resource
import socket
import time
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger("weir.process")


class PidFileTaken(Exception):
    """Another process that lives is named in the pid file."""


def notify(state: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send `state` (`READY=1`) to the service manager; False where there is none."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    if state.startswith("RELOADING=1"):
        state += f"\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.settimeout(1.0)
            sock.sendto(state.encode(), address)
    except OSError as error:
        log.warning("the service manager could not be told %s: %s", state.partition("\n")[0], error)
        return False
    return True


def watchdog_interval_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """How often `WATCHDOG=1` is due, half of what the service manager allows; None where it does not watch."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        return int(environment["WATCHDOG_USEC"]) / 2e6
    except (KeyError, ValueError):
        return None


def raise_descriptor_limit(wanted: int | None) -> int:
    """Set the soft limit of open files to `wanted`, or the hard limit; returns what holds now, and says so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = min(wanted, hard) if wanted is not None else hard
    if target != soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    if wanted is not None and target < wanted:
        log.warning("fileDescriptors %d is over the hard limit of %d, which holds", wanted, hard)
    log.info("up to %d open files per process (was %d)", target, soft)
    return target


def write_pid_file(file: Path) -> None:
    """Put this process's id there. Raises PidFileTaken where a process that lives is named, OSError."""
    try:
        other = int(file.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        other = 0
    if other not in {0, os.getpid()} and Path(f"/proc/{other}").exists():
        raise PidFileTaken(f"{file} names process {other}, which runs")
    file.write_text(f"{os.getpid()}\n", encoding="ascii")


def remove_pid_file(file: Path) -> None:
    """Take it away if it is still ours."""
    try:
        if int(file.read_text(encoding="ascii")) == os.getpid():
            file.unlink()
    except (OSError, ValueError):
        return
