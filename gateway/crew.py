"""The workers of a supervisor: started, told the same things, started again when they die, drained together."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway import ipc
from gateway.tasks import Tasks
from gateway.worker import Worker

log = logging.getLogger("weir.supervisor")

BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 15.0
STEADY_S = 30.0
"""A worker that ran for so long did not die of what its predecessor died of: the backoff begins anew."""
DESCRIBE_TIMEOUT_S = 1.0
CUT_GRACE_S = 2.0
"""How much longer than its drain a worker may take to end before it is killed."""


class Duties(Protocol):
    """What the crew asks of the supervisor."""

    def brief(self, post: Post) -> None:
        """Tell a worker that just started all that it needs."""

    def applied(self, post: Post, message: ipc.Applied) -> None:
        """A worker answered a `Configure`."""

    def died(self, index: int) -> None:
        """The worker at `index` is gone: take over its counters."""

    def witnessed(self, message: ipc.Struck | ipc.Outcomes) -> None:
        """A worker tells how endpoints fare."""


class Post:
    """The place of worker `index`; whoever holds it now is at the other end of `channel`."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.channel: ipc.Channel | None = None
        self.process: asyncio.subprocess.Process | None = None
        self.inside: Worker | None = None
        self.generation = 0
        self.told_generation = 0
        """That of the last configuration it was sent; 0 for none that it is sure to hold."""
        self.drained: bool | None = None

    @property
    def manned(self) -> bool:
        """Whether somebody is there."""
        return self.channel is not None

    def tell(self, message: ipc.Message, descriptors: Sequence[int] = ()) -> None:
        """Send to whoever is there; nobody being there, the next one is briefed anyway."""
        if self.channel is not None:
            self.channel.send(message, descriptors)


class Crew:
    """`count` workers; with `inside`, one in this very process and loop, over the same channel."""

    def __init__(self, count: int, duties: Duties, tasks: Tasks, *, inside: bool) -> None:
        self.posts = tuple(Post(index) for index in range(count))
        self.restarts = 0
        self._duties = duties
        self._tasks = tasks
        self._inside = inside
        self._stopping = False
        self._runs: list[asyncio.Task[object]] = []
        self._questions: dict[int, tuple[set[int], dict[str, Mapping[str, object]], asyncio.Event]] = {}
        self._asked = 0

    @property
    def running(self) -> int:
        """Workers that are there."""
        return sum(1 for post in self.posts if post.manned)

    def start(self) -> None:
        """Man every post, and keep it manned."""
        keep = self._keep_inside if self._inside else self._keep
        self._runs = [self._tasks.spawn(keep(post), name=f"worker {post.index}") for post in self.posts]

    def tell(self, message: ipc.Message) -> None:
        """Send to every worker."""
        for post in self.posts:
            post.tell(message)

    async def describe(self) -> Mapping[str, Mapping[str, object]]:
        """What each worker says of itself, by its number; one that does not answer in time is left out."""
        self._asked += 1
        number = self._asked
        waited = {post.index for post in self.posts if post.manned}
        answers: dict[str, Mapping[str, object]] = {}
        done = asyncio.Event()
        if not waited:
            return answers
        self._questions[number] = (waited, answers, done)
        self.tell(ipc.Describe(number))
        try:
            async with asyncio.timeout(DESCRIBE_TIMEOUT_S):
                await done.wait()
        except TimeoutError:
            log.warning("workers %s did not describe themselves in time", sorted(waited))
        del self._questions[number]
        return answers

    async def drain(self, timeout_s: float) -> bool:
        """Let every worker finish; one that does not end is killed. Whether all exchanges ended in time."""
        self._stopping = True
        manned = [post for post in self.posts if post.manned]
        for post in manned:
            post.tell(ipc.Drain(timeout_s))
        pending = {run for run, post in zip(self._runs, self.posts, strict=True) if post.manned}
        if pending:
            _, pending = await asyncio.wait(pending, timeout=timeout_s + CUT_GRACE_S)
        if pending:
            self.kill()
        return not pending and all(post.drained is True for post in manned)

    def kill(self) -> None:
        """End every worker now."""
        self._stopping = True
        for post in self.posts:
            if post.process is not None and post.process.returncode is None:
                post.process.kill()
            if post.inside is not None:
                post.inside.ended.set()

    async def ended(self) -> None:
        """Wait for the last one after `drain` or `kill`."""
        for run in self._runs:
            if self.running == 0:
                run.cancel()
        if self._runs:
            await asyncio.wait(self._runs)

    async def _keep(self, post: Post) -> None:
        backoff_s = BACKOFF_FIRST_S
        loop = asyncio.get_running_loop()
        while not self._stopping:
            began_s = loop.time()
            await self._run_process(post)
            if self._stopping:
                return
            if loop.time() - began_s > STEADY_S:
                backoff_s = BACKOFF_FIRST_S
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, BACKOFF_MAX_S)
            self.restarts += 1

    async def _run_process(self, post: Post) -> None:
        ours, theirs = socket.socketpair()
        # -P: a folder called `gateway` where the gateway was started must not be taken for the program.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "gateway.worker", str(theirs.fileno()), pass_fds=(theirs.fileno(),)
        )
        theirs.close()
        post.process = process
        self._man(post, ours)
        log.info("worker %d is process %d", post.index, process.pid)
        try:
            code = await process.wait()
        finally:
            self._leave(post)
        if not self._stopping:
            cause = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            log.error("worker %d (process %d) ended by %s; starting another", post.index, process.pid, cause)

    async def _keep_inside(self, post: Post) -> None:
        ours, theirs = socket.socketpair()
        post.inside = worker = Worker(theirs)
        self._man(post, ours)
        try:
            await worker.ended.wait()
        finally:
            await worker.close()
            self._leave(post)

    def _man(self, post: Post, control: socket.socket) -> None:
        post.generation = post.told_generation = 0
        post.drained = None
        post.channel = ipc.Channel(control, lambda message, _: self._hear(post, message), lambda: self._lost(post))
        self._duties.brief(post)

    def _leave(self, post: Post) -> None:
        if post.channel is not None:
            post.channel.close()
        post.channel = post.process = post.inside = None
        self._duties.died(post.index)

    def _lost(self, post: Post) -> None:
        # Most often its end comes right behind. One that lives but closed its end, or does not read, cannot be led.
        process = post.process
        if not self._stopping and process is not None:
            asyncio.get_running_loop().call_later(CUT_GRACE_S, self._end_deaf, post, process)

    def _end_deaf(self, post: Post, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            log.error("worker %d does not listen to the supervisor any more; ending it", post.index)
            process.kill()

    def _hear(self, post: Post, message: ipc.Message) -> None:
        match message:
            case ipc.Applied(generation, problem):
                if problem:
                    # What it holds now nobody knows; the next one goes to it whole.
                    post.told_generation = 0
                else:
                    post.generation = generation
                self._duties.applied(post, message)
            case ipc.Struck() | ipc.Outcomes():
                self._duties.witnessed(message)
            case ipc.Drained(complete):
                post.drained = complete
            case ipc.Described(number, description):
                question = self._questions.get(number)
                if question is not None:
                    waited, answers, done = question
                    waited.discard(post.index)
                    answers[str(post.index)] = description
                    if not waited:
                        done.set()
            case ipc.BreakerOpened():
                for other in self.posts:
                    if other is not post:
                        other.tell(message)
            case _:
                log.error("worker %d sent an unexpected %s", post.index, type(message).__name__)
