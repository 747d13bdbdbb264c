"""A real program run as a child for a test or the demo: free ports, start, kill, freeze, stop, log."""

from __future__ import annotations

import ctypes
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
POLL_S = 0.02
_libc = ctypes.CDLL(None, use_errno=True)


class NotStarted(Exception):
    """The program ended or was not ready in time; the message carries the end of its log."""


def free_ports(count: int) -> list[int]:
    """Different ports of 127.0.0.1 that are free for TCP and UDP at this moment; another process may still take one.

    They are none that the kernel gives to outgoing connections, of which a test may open thousands meanwhile.
    """
    with ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            port = secrets.choice(_LISTENING_PORTS)
            try:
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    held.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
        return ports


def _ports_for_listening() -> range:
    """The ports below those of outgoing connections, or a usual range where there are few."""
    try:
        first_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        first_outgoing = 32768
    return range(10_240, first_outgoing) if first_outgoing > 12_000 else range(10_240, 65_536)


_LISTENING_PORTS = _ports_for_listening()


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class RunningProgram:
    """One child process. Its output goes to `log_file`; it is killed by the kernel when the parent's thread ends."""

    def __init__(self, command: Sequence[str], log_file: Path) -> None:
        """Keep the command; nothing runs yet. `log_file`'s folder must exist."""
        self._command = list(command)
        self._log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the running child. Raises NotStarted where none runs."""
        if self._process is None:
            raise NotStarted(f"{self._command[0]} does not run")
        return self._process.pid

    def start(self, ready: Callable[[], bool], timeout_s: float = 30.0) -> None:
        """Start and wait until `ready()`. Raises NotStarted where the program ends first or takes longer."""
        with self._log_file.open("ab") as log:
            # A process group of its own: ^C in a terminal ends the parent, which then stops its programs in order.
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,
                process_group=0,
            )
        deadline_s = time.monotonic() + timeout_s
        while not ready():
            if self._process.poll() is not None:
                raise NotStarted(f"{self._command[0]} ended with {self._process.returncode}:\n{self.log_end()}")
            if time.monotonic() > deadline_s:
                self.kill()
                raise NotStarted(f"{self._command[0]} was not ready within {timeout_s:g} s:\n{self.log_end()}")
            time.sleep(POLL_S)

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would, and wait for its end; nothing where it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self, timeout_s: float = 10.0) -> None:
        """End it in its own way (SIGTERM), by SIGKILL where that takes longer than `timeout_s`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)
            self.kill()

    def freeze(self) -> None:
        """Stop it from running (SIGSTOP): its ports stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen program go on."""
        self._signal(signal.SIGCONT)

    def log_end(self, limit_bytes: int = 4000) -> str:
        """The last part of what the program wrote."""
        if not self._log_file.exists():
            return ""
        return self._log_file.read_bytes()[-limit_bytes:].decode("utf-8", "replace")

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
