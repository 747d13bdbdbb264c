"""The system calls of a `weir run`, counted by strace between two requests that a test sends as marks."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.programs import require_program

_CALL = re.compile(r" *(\w+)\((.*)$")
_RESUMED = re.compile(r" *<\.\.\. \w+ resumed>(.*)$")
_READS = ("read", "readv", "recvfrom", "recvmsg")
_WRITES = ("write", "writev", "sendto", "sendmsg", "sendfile")
_WAITS = ("epoll_wait", "epoll_pwait", "epoll_pwait2")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call: its name, and its arguments and result as strace shows them."""

    name: str
    rest: str


class SystemCalls:
    """What strace writes of a program to `file`; give `command` to the program as what runs it."""

    def __init__(self, file: Path) -> None:
        """Skips the test where there is no strace, or where it may trace nothing."""
        strace = require_program("strace")
        if subprocess.run([strace, "-o", "/dev/null", "true"], capture_output=True, check=False).returncode != 0:
            pytest.skip("ptrace is not permitted here")
        self.file = file
        # The tracer is a grandchild: the process that was started is the program itself, for signals too.
        self.command = (strace, "-D", "-f", "-s", "128", "-o", file, "-E", "LD_LIBRARY_PATH")

    def between(self, start: str, end: str) -> Sequence[Call]:
        """What the thread did that read the text `start`, from then up to its read of `end`; ask once all has ended.

        Raises AssertionError where one of them was not read.
        """
        calls: list[Call] = []
        serving = ""
        for thread, call in self._all():
            if serving and thread != serving:
                continue
            if serving and call.name in _READS and end in call.rest:
                return calls
            if serving:
                calls.append(call)
            elif call.name in _READS and start in call.rest:
                serving = thread
        raise AssertionError(f"no reads of {start} and then {end} in {self.file}")

    def _all(self) -> Iterator[tuple[str, Call]]:
        """With their threads, in the order in which they ended; what another came between is put together again."""
        unfinished: dict[str, str] = {}
        for line in self.file.read_text(encoding="utf-8", errors="replace").splitlines():
            thread, _, text = line.partition(" ")
            if text.endswith("<unfinished ...>"):
                unfinished[thread] = text.removesuffix("<unfinished ...>")
                continue
            resumed = _RESUMED.match(text)
            if resumed is not None:
                text = unfinished.pop(thread, "") + resumed.group(1)
            found = _CALL.match(text)
            if found is not None:
                yield thread, Call(*found.groups())


def reads(calls: Sequence[Call], text: str = "") -> int:
    """How many took bytes in that show `text`."""
    return sum(call.name in _READS and text in call.rest for call in calls)


def writes(calls: Sequence[Call], text: str = "") -> int:
    """How many gave bytes out that show `text`."""
    return sum(call.name in _WRITES and text in call.rest for call in calls)


def waits(calls: Sequence[Call]) -> int:
    """How many waited for the next event."""
    return sum(call.name in _WAITS for call in calls)


def others(calls: Sequence[Call]) -> Counter[str]:
    """The rest by name, without what the interpreter's lock takes where another thread wakes up."""
    return Counter(call.name for call in calls if call.name not in (*_READS, *_WRITES, *_WAITS, "futex"))
