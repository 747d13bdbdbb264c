"""A file of keys or passwords, read again when it changes; what was good last is what counts."""

from __future__ import annotations

import logging
import os
import stat
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from gateway.access.events import AccessEvent, Count
from gateway.runtime import Runtime

log = logging.getLogger("weir.access")

T = TypeVar("T")

_SETTLED_S = 1.0
"""A file written so short a time ago may be written again without a sign of it, as clocks of file systems tick."""


class WatchedFile(Generic[T]):
    """Material from a file of at most `limit_bytes`; `parse` makes it of the contents or raises ValueError.

    `problem` says what is wrong with the file as it is now, "" where nothing is.
    """

    def __init__(self, path: Path, parse: Callable[[bytes], T], limit_bytes: int, count: Count) -> None:
        self.path = path
        self.current: T | None = None
        self.problem = ""
        self._parse = parse
        self._limit_bytes = limit_bytes
        self._count = count
        self._seen: tuple[int, ...] = ()
        self._digest = b""

    def look(self, now_s: float) -> None:
        """Read the file where it is another than at the last look; blocks on the disk, for one thread at a time.

        `now_s` is the unix time.
        """
        try:
            if _signs(self.path.stat()) == self._seen:
                return
            data = self._read(now_s)
            digest = sha256(data).digest()
            if digest == self._digest:
                return
            self.current = self._parse(data)
        except OSError as error:
            self._seen = ()
            self._refuse(error.strerror or f"{error}")
        except ValueError as error:
            self._refuse(f"{error}")
        else:
            self.problem = ""
            self._digest = digest
            self._count(AccessEvent.FILE_READ)
            log.info("%s is read", self.path)

    def _read(self, now_s: float) -> bytes:
        # What is a pipe by now must not make the thread wait for a writer.
        descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            self._seen = _signs(status) if now_s - status.st_mtime > _SETTLED_S else ()
            if not stat.S_ISREG(status.st_mode):
                raise ValueError("not a regular file")
            data = file.read(self._limit_bytes + 1)
        if len(data) > self._limit_bytes:
            raise ValueError(f"more than {self._limit_bytes >> 10} KiB")
        return data

    def _refuse(self, problem: str) -> None:
        if problem == self.problem:
            return
        self.problem = problem
        self._digest = b""
        self._count(AccessEvent.FILE_REFUSED)
        stays = "what it was before holds on" if self.current is not None else "who needs it is refused"
        log.error("%s: %s; %s", self.path, problem, stays)


class WatchedFiles(Generic[T]):
    """The files of one kind by path, each for as long as somebody has it."""

    def __init__(self, parse: Callable[[bytes], T], limit_bytes: int, runtime: Runtime, count: Count) -> None:
        self._parse = parse
        self._limit_bytes = limit_bytes
        self._runtime = runtime
        self._count = count
        self._lock = threading.Lock()
        self._held: WeakValueDictionary[Path, WatchedFile[T]] = WeakValueDictionary()

    def get(self, path: Path) -> WatchedFile[T]:
        """The file at `path`; one that nobody had is read. For one thread."""
        kept = self._held.get(path)
        if kept is None:
            kept = WatchedFile(path, self._parse, self._limit_bytes, self._count)
            kept.look(self._runtime.unix_s())
            # Who lists them meanwhile, on the loop, never waits for the disk.
            with self._lock:
                self._held[path] = kept
        return kept

    def all(self) -> list[WatchedFile[T]]:
        """Those that somebody still has."""
        with self._lock:
            return list(self._held.values())


def _signs(status: os.stat_result) -> tuple[int, ...]:
    """By these another state of a file is told."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev, status.st_size
