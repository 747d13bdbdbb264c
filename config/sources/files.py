"""Resources in files and folders, watched so that every change is seen, however it is made."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncGenerator, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from config.problems import Problem
from config.sources.survey import Found, Survey, irregular, survey, unreadable
from config.sources.text import Reading, SourceText
from config.yaml_positions import MAX_FILE_BYTES

log = logging.getLogger("weir.config")

MAX_TOTAL_BYTES = 8 * MAX_FILE_BYTES
"""Of all files together, as they are held at once."""

PIECE_BYTES = 128 * 1024
"""What is read in one call, in which the kernel lets traffic wait."""

READ_ATTEMPTS = 5
"""Files that change while they are read are read again, so that no set is half of one state and half of the next."""

QUIET_MS = 50
"""A change is told once nothing more has changed for so long: many files written at once are one change."""

DEBOUNCE_MS = 500
"""A folder that never comes to rest is told of as often."""

RECHECK_MS = 10_000
"""Network file systems do not tell of what others write, and a queue may overflow: so often it is looked anyway."""

POLL_S = 2.0
"""How often it is looked where the operating system grants no watch."""


class FilesSource:
    """All resource files at `paths`, files or folders, in their order."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self._last: Survey | None = None
        self._polling = False

    def read(self) -> Reading:
        """The files as they are now, and a problem for each that cannot be read; blocks on the disk."""
        found = survey(self._paths)
        for _ in range(READ_ATTEMPTS):
            reading = _read_all(found)
            after = survey(self._paths)
            if not after.differs(found):
                break
            found = after
        # Not `after`: what changed while it was read for the last time is still news.
        self._last = found
        return reading

    async def __aiter__(self) -> AsyncGenerator[None, None]:
        """One item per change since the last `read`, or since the last item; changes close together are one."""
        while True:
            now = await asyncio.to_thread(survey, self._paths)
            watcher = await self._watcher(now)
            try:
                # Looked at again, now that the watch stands: what changed before is not told by it.
                after = await asyncio.to_thread(survey, self._paths)
                changed: frozenset[str] = frozenset()
                while True:
                    if self._is_news(after, changed):
                        yield
                    if watcher is None or after.folders != now.folders:
                        break
                    changed = await _change(watcher)
                    after = await asyncio.to_thread(survey, self._paths)
            except (WatchfilesRustInternalError, OSError) as error:
                log.warning("the watch of the configuration broke off and begins anew: %s", error)
                await asyncio.sleep(POLL_S)
            finally:
                if watcher is not None:
                    watcher.close()
            if watcher is None:
                await asyncio.sleep(POLL_S)

    def _is_news(self, now: Survey, changed: frozenset[str]) -> bool:
        before, self._last = self._last, now
        if before is None:
            return False
        # Two writes within one tick of the file system's clock leave the same times: the event tells them apart.
        return now.differs(before) or any(file.real in changed for file in now.files)

    async def _watcher(self, now: Survey) -> RustNotify | None:
        """A watch of the folders, None where there is none to be had."""
        folders = sorted({folder for folder, _, _ in now.folders})
        try:
            watcher = RustNotify(folders, False, False, 0, False, True)  # noqa: FBT003 -- positional only in the stub
        except FileNotFoundError:
            # A folder went since it was seen; the next look does without it.
            return None
        except (WatchfilesRustInternalError, OSError) as error:
            if not self._polling:
                log.warning("no watch of the configuration, so it is looked at every %g s: %s", POLL_S, error)
            self._polling = True
            return None
        if self._polling:
            log.info("the configuration is watched again")
        self._polling = False
        return watcher


async def _change(watcher: RustNotify) -> frozenset[str]:
    """Wait for a change and for the rest after it; the paths that changed, none when it is time to look anyway."""
    stop = threading.Event()
    waiting = asyncio.get_running_loop().run_in_executor(None, watcher.watch, DEBOUNCE_MS, QUIET_MS, RECHECK_MS, stop)
    try:
        changes = await asyncio.shield(waiting)
    except asyncio.CancelledError:
        # The thread looks at `stop` every QUIET_MS, and the watcher must not be closed under it.
        stop.set()
        await asyncio.wait([waiting])
        if not waiting.cancelled():
            waiting.exception()
        raise
    return frozenset() if isinstance(changes, str) else frozenset(path for _, path in changes)


def _read_all(found: Survey) -> Reading:
    texts: list[SourceText] = []
    problems = list(found.problems)
    total_bytes = 0
    for file in found.files:
        total_bytes += file.size_bytes
        if total_bytes > MAX_TOTAL_BYTES and file.size_bytes <= MAX_FILE_BYTES:
            problems.append(
                Problem(file.name, 0, 0, "", f"more than {MAX_TOTAL_BYTES >> 20} MiB in all files together")
            )
            break
        result = _read_one(file)
        if isinstance(result, Problem):
            problems.append(result)
        else:
            texts.append(SourceText(file.name, result))
    return Reading(tuple(texts), tuple(problems))


def _contents(file: BinaryIO) -> bytes:
    """All of a file, or so much that it is seen to be too large."""
    gathered = BytesIO()
    while gathered.tell() <= MAX_FILE_BYTES and (piece := file.read(PIECE_BYTES)):
        gathered.write(piece)
    return gathered.getvalue()


def _read_one(file: Found) -> bytes | Problem:
    size_bytes = file.size_bytes
    if size_bytes <= MAX_FILE_BYTES:
        try:
            # It may be a pipe by now: opening one must not wait for a writer.
            descriptor = os.open(file.name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
            with os.fdopen(descriptor, "rb") as opened:
                if problem := irregular(file.name, os.fstat(descriptor).st_mode):
                    return problem
                data = _contents(opened)
        except OSError as error:
            return unreadable(file.name, error)
        if len(data) <= MAX_FILE_BYTES:
            return data
        size_bytes = len(data)
    message = f"the file has {size_bytes / 2**20:.0f} MiB, more than {MAX_FILE_BYTES >> 20} MiB"
    return Problem(file.name, 0, 0, "", message, "split it into several files")
