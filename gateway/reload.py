"""Reads the configuration, judges it whole off the loop, and hands a good set on; a broken one changes nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

from config.diff import diff
from config.named_process import named_process
from config.problems import Problem, errors_among
from config.resources.weir import WeirSpec
from config.snapshot import Snapshot
from config.sources.text import Reading, SourceText, merged
from gateway.background import in_background
from gateway.garbage import collection_held, let_go
from gateway.kept_set import keep, kept
from gateway.named_source import Make, Named, NamedSource
from gateway.runtime import Spawn

log = logging.getLogger("weir.config")

FIRST_ANSWER_S = 3.0
"""How long a start waits for Consul before it goes on with what is kept: a restart while Consul is down must not leave
clients without an answer for long."""


class ConfigSource(Protocol):
    """Where resources come from; iterating gives one item after each change, debounced."""

    def read(self) -> Reading: ...

    def __aiter__(self) -> AsyncGenerator[object, None]: ...


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
    """Keeps the last good snapshot. `apply` puts a new one in force; raising Rejected, it has changed nothing.

    `make` makes the source that the Weir resource of `sources` names, whose task `spawn` starts.
    """

    def __init__(
        self,
        sources: Sequence[ConfigSource],
        load: Load,
        apply: Callable[[Snapshot], None],
        *,
        state_folder: Path | None = None,
        make: Make = lambda _process, _known: None,
        spawn: Spawn,
    ) -> None:
        self.snapshot: Snapshot | None = None
        self.problems: tuple[Problem, ...] = ()
        """Those of the last set that was looked at."""
        self.last_ok = False
        self.from_kept = False
        """Whether what is in force is of the state folder, whole or in part, as what is at hand is broken or silent."""
        self.waiting = ""
        """The source that must answer before there is a set to judge."""
        self.process = WeirSpec()
        """The Weir resource that was last to be read, in force or not."""
        self.judged = asyncio.Event()
        """Set after every look; who waits for one clears it."""
        self.results = {"applied": 0, "unchanged": 0, "rejected": 0}
        self.applied_unix_s = 0.0
        self.duration_s = 0.0
        self.state_folder = state_folder
        self._sources = sources
        self._load = load
        self._apply = apply
        self._named = Named(make, spawn, self.reload)
        self._kept: tuple[SourceText, ...] = ()
        self._lock = asyncio.Lock()
        self._asked = 0
        self._covered = 0

    async def reload(self) -> bool:
        """Look at the sources; whether what they hold is in force now.

        All who ask while a look goes on share the next one, as that one may have missed what they ask for.
        """
        self._asked += 1
        number = self._asked
        async with self._lock:
            if self._covered < number:
                covered = self._asked
                await self._look()
                self._covered = covered
            return self.last_ok

    async def start(self) -> bool:
        """The first look; falls back on the kept set. Whether anything is in force.

        Where nothing is, the set is broken, or `waiting` says which source has not answered: its answer is a change.
        """
        _, process = await in_background(self._read)
        if self.state_folder is None and process is not None and process.state_dir:
            self.state_folder = Path(process.state_dir)
        if self.state_folder is not None:
            self._kept = await in_background(kept, self.state_folder)
        named = self._follow(process)
        if named is not None and not await named.first_answer(FIRST_ANSWER_S):
            log.warning("%s has not answered in %g s", named.name, FIRST_ANSWER_S)
        if await self.reload():
            return True
        async with self._lock:
            return self.snapshot is not None or await self._use_kept()

    async def watch(self, source: ConfigSource) -> None:
        """Reload after every change of `source`."""
        async with aclosing(aiter(source)) as changes:
            async for _ in changes:
                await self.reload()

    def _read(self) -> tuple[Reading, WeirSpec | None]:
        # What is parsed here for the first time is half of the work of a start.
        with collection_held():
            reading = merged([source.read() for source in self._sources])
            return reading, named_process(reading.texts)

    def _follow(self, process: WeirSpec | None) -> NamedSource | None:
        """The named source; the one of before while the Weir resource cannot be read."""
        if process is None:
            return self._named.source
        self.process = process
        return self._named.follow(process, self._kept)

    async def _look(self) -> None:
        began = time.monotonic()
        before = self.snapshot
        reading, process = await in_background(self._read)
        named = self._follow(process)
        if named is not None:
            reading = merged([reading, named.read()])
        generation = before.generation + 1 if before is not None else 1
        result: Loaded | None = None
        try:
            result = await in_background(self._load, reading.texts, generation=generation, previous=before)
        except Exception as error:
            # A defect of Weir's own: what is in force stays, and the next change is looked at.
            log.exception("the configuration could not be judged")
            self._reject((*reading.problems, _of_process(f"internal error: {type(error).__name__}: {error}")))
        else:
            await self._judge(reading, result, named)
        self.duration_s = time.monotonic() - began
        self.judged.set()
        # Nobody else holds most of it, and what frees it should not be the loop.
        old = [before, reading, result]
        del before, reading, result
        await in_background(let_go, [old])

    async def _judge(self, reading: Reading, result: Loaded, named: NamedSource | None) -> None:
        problems = (*reading.problems, *result.problems)
        before = self.snapshot
        if result.snapshot is None or errors_among(problems):
            self._reject(problems)
        elif named is not None and not (named.answered or named.texts):
            self._wait(named)
        elif self._take(result.snapshot, problems):
            from_kept = named is not None and not named.answered
            if from_kept and not self.from_kept:
                log.warning("the resources in %s are those kept from before", named.name if named else "")
            self.from_kept = from_kept
            if self.snapshot is not before:
                changes = await in_background(diff, before, result.snapshot)
                log.info("generation %d of the configuration is in force: %s", result.snapshot.generation, changes)
            if self.state_folder is not None and not from_kept and self._kept != reading.texts:
                await in_background(keep, self.state_folder, reading.texts)
                self._kept = reading.texts

    def _take(self, snapshot: Snapshot, problems: tuple[Problem, ...]) -> bool:
        if self.snapshot is not None and self.snapshot.digest == snapshot.digest:
            self.results["unchanged"] += 1
        else:
            try:
                self._apply(snapshot)
            except Rejected as error:
                return self._reject((*problems, _of_process(str(error))))
            self.snapshot = snapshot
            self.results["applied"] += 1
            self.applied_unix_s = time.time()
        if problems != self.problems:
            for problem in problems:
                log.warning("%s", problem)
        self.problems, self.last_ok, self.waiting = problems, True, ""
        return True

    def _reject(self, problems: tuple[Problem, ...]) -> bool:
        is_news = self.last_ok or problems != self.problems
        self.problems, self.last_ok, self.waiting = problems, False, ""
        self.results["rejected"] += 1
        # Every write of a folder is looked at: what is still wrong after it was said already.
        for problem in problems if is_news else ():
            log.error("%s", problem)
        if self.snapshot is not None:
            still = "" if is_news else ", with the same problems as before"
            log.error("the configuration was rejected%s; generation %d stays in force", still, self.snapshot.generation)
        return False

    def _wait(self, named: NamedSource) -> None:
        if self.waiting != named.name:
            log.warning("waiting for the resources in %s", named.name)
        self.waiting, self.last_ok = named.name, False
        self.problems = (Problem(named.name, 0, 0, "", "it has not answered yet"),)

    async def _use_kept(self) -> bool:
        if not self._kept:
            return False
        result = await in_background(self._load, self._kept, generation=1, previous=None)
        if result.snapshot is None:
            log.error("the kept configuration is broken as well")
            return False
        try:
            self._apply(result.snapshot)
        except Rejected as error:
            log.error("the kept configuration was not applied: %s", error)
            return False
        self.snapshot = result.snapshot
        self.from_kept = True
        why = f"{self.waiting} is silent" if self.waiting else "the one at hand is broken"
        log.warning("serving the configuration kept from before, as %s", why)
        return True


def _of_process(message: str) -> Problem:
    """A problem that stands in no file."""
    return Problem("(process)", 0, 0, "", message)
