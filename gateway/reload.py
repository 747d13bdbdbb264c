"""Reads the configuration, judges it whole off the loop, and hands a good set on; a broken one changes nothing."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Protocol

import orjson

from config.problems import Problem, errors_among
from config.snapshot import Snapshot
from config.sources.text import Reading, SourceText, merged

log = logging.getLogger("weir.config")

KEPT_FILE = "last-good.json"


class ConfigSource(Protocol):
    """Where resources come from; iterating gives one item after each change, debounced."""

    def read(self) -> Reading: ...

    def __aiter__(self) -> AsyncIterator[object]: ...


class Loaded(Protocol):
    """What came of a set of texts: a snapshot, or none and the problems that say why."""

    @property
    def snapshot(self) -> Snapshot | None: ...

    @property
    def problems(self) -> Sequence[Problem]: ...


class Load(Protocol):
    """`config.load.load`."""

    def __call__(self, documents: Sequence[SourceText], /, *, generation: int, previous: Snapshot | None) -> Loaded: ...


class Rejected(Exception):
    """The set cannot be put in force here, for a reason outside of the files: a port that is taken."""


class Reloader:
    """Keeps the last good snapshot. `apply` puts a new one in force; raising Rejected, it has changed nothing."""

    def __init__(
        self,
        sources: Sequence[ConfigSource],
        load: Load,
        apply: Callable[[Snapshot], None],
        *,
        state_folder: Path | None = None,
    ) -> None:
        self.snapshot: Snapshot | None = None
        self.problems: tuple[Problem, ...] = ()
        """Those of the last set that was looked at."""
        self.last_ok = False
        self.from_kept = False
        """Whether what is in force is the set kept in the state folder, as the one at hand is broken."""
        self.results = {"applied": 0, "unchanged": 0, "rejected": 0}
        self.applied_unix_s = 0.0
        self.duration_s = 0.0
        self._sources = sources
        self._load = load
        self._apply = apply
        self.state_folder = state_folder
        self._lock = asyncio.Lock()

    async def reload(self) -> bool:
        """Look at the sources once; whether what they hold is in force now."""
        async with self._lock:
            began = time.monotonic()
            reading, result = await asyncio.to_thread(self._look)
            ok = self._take(reading, result)
            self.duration_s = time.monotonic() - began
            if ok and self.state_folder is not None:
                await asyncio.to_thread(keep, self.state_folder, reading.texts)
            return ok

    async def start(self) -> bool:
        """The first look; falls back on the kept set. Whether anything is in force."""
        if await self.reload():
            return True
        texts = kept(self.state_folder) if self.state_folder is not None else ()
        if not texts:
            return False
        result = await asyncio.to_thread(self._load, texts, generation=1, previous=None)
        if result.snapshot is None:
            return False
        try:
            self._apply(result.snapshot)
        except Rejected as error:
            log.error("the kept configuration was not applied: %s", error)
            return False
        self.snapshot = result.snapshot
        self.from_kept = True
        log.warning("serving the configuration kept from before, as the one at hand is broken")
        return True

    async def watch(self, source: ConfigSource) -> None:
        """Reload after every change of `source`."""
        async for _ in source:
            await self.reload()

    def _look(self) -> tuple[Reading, Loaded]:
        reading = merged([source.read() for source in self._sources])
        generation = self.snapshot.generation + 1 if self.snapshot is not None else 1
        return reading, self._load(reading.texts, generation=generation, previous=self.snapshot)

    def _take(self, reading: Reading, result: Loaded) -> bool:
        problems = (*reading.problems, *result.problems)
        snapshot = result.snapshot
        if snapshot is None or errors_among(problems):
            return self._reject(problems)
        if self.snapshot is not None and self.snapshot.digest == snapshot.digest:
            self.results["unchanged"] += 1
        else:
            try:
                self._apply(snapshot)
            except Rejected as error:
                return self._reject((*problems, Problem("(process)", 0, 0, "", str(error))))
            self.snapshot = snapshot
            self.results["applied"] += 1
            self.applied_unix_s = time.time()
            log.info("generation %d of the configuration is in force", snapshot.generation)
        for problem in problems:
            log.warning("%s", problem)
        self.problems, self.last_ok, self.from_kept = problems, True, False
        return True

    def _reject(self, problems: tuple[Problem, ...]) -> bool:
        self.problems, self.last_ok = problems, False
        self.results["rejected"] += 1
        for problem in problems:
            log.error("%s", problem)
        if self.snapshot is not None:
            log.error("the configuration was rejected; generation %d stays in force", self.snapshot.generation)
        return False


def keep(folder: Path, texts: Sequence[SourceText]) -> None:
    """Write the texts of a good set to the state folder; a failure is logged, as traffic does not depend on it."""
    data = orjson.dumps([[text.name, text.data.decode("utf-8")] for text in texts])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{KEPT_FILE}.new"
        # Resources may hold tokens: for the owner's eyes alone.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            os.fsync(file.fileno())
        fresh.replace(folder / KEPT_FILE)
    except OSError as error:
        log.error("the configuration could not be kept in %s: %s", folder, error.strerror)


def kept(folder: Path) -> tuple[SourceText, ...]:
    """What `keep` wrote, empty where there is nothing readable."""
    try:
        entries = orjson.loads((folder / KEPT_FILE).read_bytes())
        return tuple(SourceText(str(name), str(text).encode()) for name, text in entries)
    except (OSError, ValueError, TypeError):
        return ()
