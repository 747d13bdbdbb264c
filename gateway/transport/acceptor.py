# cython: boundscheck=False, wraparound=False
"""Takes clients from a listening socket and makes each a connection.

Compiled with the types of `acceptor.pxd`. The socket is watched level-triggered, and while it is not watched clients
wait in the kernel's queue; it is never copied or closed here.
"""

from __future__ import annotations

import errno
import select
from collections.abc import Callable

import cython  # type: ignore[import-untyped]

from gateway.transport.poller import Poller, Watched
from gateway.transport.protocol import StreamProtocol
from gateway.transport.stream import StreamTransport
from gateway.transport.view import Name

if not cython.compiled:
    from gateway.transport.system import accept_next, close_descriptor

ACCEPTS = 16
"""Clients that one event takes in a row: those who are in already wait for their answers meanwhile."""

SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""What accept(2) says when this machine is out of something: the client stays queued, and trying again would spin."""

CLIENT_GONE = frozenset(
    {
        errno.ECONNABORTED,
        errno.EPROTO,
        errno.EPERM,
        errno.ENETDOWN,
        errno.ENOPROTOOPT,
        errno.EHOSTDOWN,
        errno.ENONET,
        errno.EHOSTUNREACH,
        errno.EOPNOTSUPP,
        errno.ENETUNREACH,
        errno.EINTR,
    }
)
"""What is wrong with the one client that was next (accept(2), "Error handling"): the next one may be well."""


class Acceptor(Watched):
    """Accepts on `descriptor`, listening and non-blocking, while it is started.

    `factory` gives the owner of each connection. `ran_short` is called where descriptors or memory are used up, and
    accepting has stopped then: it decides when to start again.
    """

    __slots__ = ("_factory", "_names", "_ran_short", "accepting")

    def __init__(
        self,
        poller: Poller,
        descriptor: int,
        factory: Callable[[], StreamProtocol],
        ran_short: Callable[[], None],
    ) -> None:
        self.poller = poller
        self._descriptor = descriptor
        self._generation = 0
        self._factory = factory
        self._ran_short = ran_short
        self._names: list[Name] = []
        self.accepting = False

    def start(self) -> None:
        """Accept from now on. Raises OSError."""
        if not self.accepting:
            self.poller.watch(self, select.EPOLLIN)
            self.accepting = True

    def stop(self) -> None:
        """Leave new clients in the kernel's queue."""
        if self.accepting:
            self.accepting = False
            self.poller.unwatch(self)

    def take_queued(self) -> None:
        """Accept all whom the kernel has let in already."""
        while self.accept():
            pass

    def ready(self, events: int) -> int:
        """Somebody is there."""
        for _ in range(ACCEPTS):
            # The owner of the connection just made may have stopped this, as a limit is reached.
            if not self.accepting or not self.accept():
                return 0
        return 0

    def accept(self) -> bool:
        """Take the next; whether there may be another."""
        descriptor = accept_next(self._descriptor, self._names)
        if descriptor >= 0:
            return self.welcome(descriptor)
        if -descriptor in CLIENT_GONE:
            return True
        if descriptor != -errno.EAGAIN:
            # Also for what is no shortage: whatever it is, the kernel would report it for ever.
            self.run_short()
        return False

    def welcome(self, descriptor: int) -> bool:
        """Make it a connection; False where the system has no room to watch it (epoll_ctl(2), ENOSPC)."""
        name = self._names.pop()
        try:
            transport = StreamTransport(self.poller, descriptor, self._factory(), name)
        except BaseException as error:
            close_descriptor(descriptor)
            self.poller.failed("the factory of connections failed", error, None, None)
            return True
        try:
            transport.begin()
        except OSError:
            self.run_short()
            return False
        return True

    def run_short(self) -> int:
        """Stop, as more would fail as well, and say so."""
        self.stop()
        self._ran_short()
        return 0

    def dismissed(self) -> int:
        """The poller closes."""
        self.stop()
        return 0
