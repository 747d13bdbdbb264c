# cython: boundscheck=False, wraparound=False
"""One epoll set beside the loop's own: its events go straight to the objects that wait for them, in batches.

Compiled with the types of `poller.pxd`. The loop watches the set's descriptor (an epoll set is itself pollable), so all
else of asyncio goes on as ever; what falls away per event is the way through the loop: handles, contexts, callbacks.

A batch goes through three steps. All events are dispatched; what the owners of the connections write meanwhile is only
collected. Then each connection's octets go out in one system call: each wakes a peer up, and a peer that runs at once,
in the middle of the batch, costs the rest of it the caches. Then those that ended are told, and their descriptors
closed: no earlier, so that the kernel gives no number to a new connection for which an event of an old one still waits
in the batch. The generation that comes back with each event guards the same where a number's old owner lives on in
another process, as a listening socket's does.
"""

from __future__ import annotations

import asyncio
import errno
import os

import cython  # type: ignore[import-untyped]

if not cython.compiled:
    from gateway.transport.system import (
        add_to_epoll,
        change_in_epoll,
        close_epoll,
        free_buffer,
        free_ready,
        new_buffer,
        new_ready,
        open_epoll,
        ready_descriptor,
        ready_events,
        ready_generation,
        remove_from_epoll,
        wait_epoll,
    )

BATCH = 64
"""Events that are taken at once; the first of their answers waits for the last before it goes out."""
BATCHES = 4
"""Batches in a row before the loop gets its turn, which costs about as much as looking for the next one twice."""
FEW = 4
"""Up to so many events in a batch, none waits for the others before its octets go out: with few connections it is worth
more that their peers get on meanwhile. Behind such a batch there is, as a rule, not another one yet."""
BUFFER_BYTES = 256 * 1024
"""What one call receives at most. There is one such buffer per poller, as its octets are copied out at once."""


class Watched:
    """Something with a descriptor in a poller's set."""

    __slots__ = ("_descriptor", "_generation", "poller")

    def __init__(self, poller: Poller, descriptor: int) -> None:
        self.poller = poller
        self._descriptor = descriptor
        self._generation = 0

    def ready(self, events: int) -> int:
        """The kernel reports `events`."""
        raise NotImplementedError

    def flush(self) -> int:
        """The batch is over: send what was collected."""
        return 0

    def ended(self) -> int:
        """The batch is over: tell the owner of the end, and close the descriptor."""
        return 0

    def dismissed(self) -> int:
        """End at once: the poller closes, or this object itself failed."""
        return 0


class Poller:
    """An epoll set in `loop`. It opens the set with the first descriptor that is watched, and costs nothing before."""

    __slots__ = (
        "_closing",
        "_epoll",
        "_generation",
        "_interrupt",
        "_leaving",
        "_ready",
        "_settling",
        "_unsent",
        "_watched",
        "buffer",
        "buffer_bytes",
        "count",
        "few",
        "loop",
        "turning",
        "turns",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, buffer_bytes: int = BUFFER_BYTES, few: int = FEW) -> None:
        self._ready = new_ready(BATCH)
        self.buffer = new_buffer(buffer_bytes)
        self.buffer_bytes = buffer_bytes
        self.few = few
        self.loop = loop
        self._epoll = -1
        self._generation = 0
        self._watched: list[Watched | None] = []
        self._unsent: list[Watched] = []
        self._leaving: list[Watched] = []
        self.turning = False
        self._settling = False
        self._closing = False
        self._interrupt: BaseException | None = None
        # For tests, which assert that nothing spins: how often the loop called, and how many descriptors are watched.
        self.turns = 0
        self.count = 0

    def __dealloc__(self) -> None:
        free_ready(self._ready)
        free_buffer(self.buffer)

    def close(self) -> None:
        """End everything that is watched, and then the set itself, in the loop's next turn."""
        if self._closing:
            return
        self._closing = True
        for watched in self._watched:
            if watched is not None:
                watched.dismissed()
        if not self._settling:
            self._settling = True
            self.loop.call_soon(self.settle_soon)

    @property
    def closed(self) -> bool:
        """Whether nothing can be watched any more."""
        return self._closing

    def turn(self) -> None:
        """The loop says that something is ready."""
        self.turns += 1
        batches = BATCHES
        self.turning = True
        try:
            while batches > 0 and self._epoll >= 0:
                batches -= 1
                count = wait_epoll(self._epoll, self._ready, BATCH)
                if count <= 0:
                    break
                self.dispatch(count)
                self.settle()
                if count <= self.few:
                    break
        finally:
            self.turning = False
        self.raise_interrupt()

    def dispatch(self, count: int) -> int:
        """Hand out a batch; in one of few events each one's octets go out before the next has its turn."""
        for i in range(count):
            descriptor = ready_descriptor(self._ready, i)
            watched = self._watched[descriptor]
            if watched is None or watched._generation != ready_generation(self._ready, i):
                continue
            try:
                watched.ready(ready_events(self._ready, i))
            except BaseException as error:
                # Not of a connection's owner, whose errors are caught where it is called. Nobody would hear again of
                # what this object was to do, and the events behind it in the batch must not be lost.
                self.failed("the transport failed", error, watched, None)
                watched.dismissed()
            if count <= self.few and self._unsent:
                self.send_collected()
        return 0

    def send_collected(self) -> int:
        """Send what was collected; who has room again then may write more, which goes too."""
        i = 0
        while i < len(self._unsent):
            watched = self._unsent[i]
            i += 1
            watched.flush()
        self._unsent.clear()
        return 0

    def settle(self) -> int:
        """The end of a batch: send what was collected, then tell those who ended; either may cause more of both."""
        i = 0
        while True:
            if self._unsent:
                self.send_collected()
            if i >= len(self._leaving):
                break
            watched = self._leaving[i]
            i += 1
            watched.ended()
        if i:
            self._leaving.clear()
        if self._closing and self.count == 0 and self._epoll >= 0:
            self.loop.remove_reader(self._epoll)
            close_epoll(self._epoll)
            self._epoll = -1
        return 0

    def settle_soon(self) -> None:
        """What ended outside a batch, from a timer say, ends here: an owner never hears of it inside its own call."""
        self._settling = False
        self.turning = True
        try:
            self.settle()
        finally:
            self.turning = False
        self.raise_interrupt()

    def watch(self, watched: Watched, events: int) -> int:
        """Have `ready` called for `events`. Raises OSError."""
        if self._closing:
            raise OSError(errno.ESHUTDOWN, "the poller is closed")
        if self._epoll < 0:
            opened = open_epoll()
            if opened < 0:
                raise OSError(-opened, os.strerror(-opened))
            self._epoll = opened
            self.loop.add_reader(opened, self.turn)
        descriptor = watched._descriptor
        if descriptor >= len(self._watched):
            self._watched.extend([None] * (descriptor + 64 - len(self._watched)))
        self._generation += 1
        failed = add_to_epoll(self._epoll, descriptor, events, self._generation)
        if failed:
            raise OSError(-failed, os.strerror(-failed))
        watched._generation = self._generation
        self._watched[descriptor] = watched
        self.count += 1
        return 0

    def change(self, watched: Watched, events: int) -> int:
        """Watch for these instead; what is the case already is reported again."""
        failed = change_in_epoll(self._epoll, watched._descriptor, events, watched._generation)
        if failed:
            raise OSError(-failed, os.strerror(-failed))
        return 0

    def unwatch(self, watched: Watched) -> int:
        """Report nothing more of it; its descriptor stays open."""
        self.forget(watched)
        remove_from_epoll(self._epoll, watched._descriptor)
        return 0

    def forget(self, watched: Watched) -> int:
        """Its descriptor is about to be closed, with which the kernel takes it out of the set."""
        self._watched[watched._descriptor] = None
        self.count -= 1
        return 0

    def enlist(self, watched: Watched) -> int:
        """Have its `flush` called at the end of the batch."""
        self._unsent.append(watched)
        return 0

    def leave(self, watched: Watched) -> int:
        """Have its `ended` called at the end of the batch, or soon."""
        self._leaving.append(watched)
        if not self.turning and not self._settling:
            self._settling = True
            self.loop.call_soon(self.settle_soon)
        return 0

    def failed(self, where: str, error: BaseException, transport: object, protocol: object) -> int:
        """Give the loop's handler what an owner, or a transport, raised. One's failure is not another's."""
        if isinstance(error, Exception):
            self.loop.call_exception_handler(
                {"message": f"Fatal error: {where}.", "exception": error, "transport": transport, "protocol": protocol}
            )
        elif self._interrupt is None:
            # KeyboardInterrupt or SystemExit: on its way once the batch is in order.
            self._interrupt = error
        return 0

    def raise_interrupt(self) -> None:
        """Let a KeyboardInterrupt or SystemExit go on, now that nothing is left half done."""
        if self._interrupt is not None:
            error, self._interrupt = self._interrupt, None
            raise error
