"""Connects a socket without blocking: the poller that will carry the connection says when it stands.

Compiled with the types of `dial.pxd`, as what a poller calls is. The loop's own `sock_connect` would watch it in the
loop's set first, and hides what the kernel said behind a text of its own.
"""

from __future__ import annotations

import errno
import os
import select
import socket

from gateway.transport.poller import Poller, Watched
from gateway.transport.view import Name


class Attempt(Watched):
    """Waits for a connection that is under way on `descriptor` to stand or to fail."""

    __slots__ = ("_told", "_watched")

    def __init__(self, poller: Poller, descriptor: int) -> None:
        self.poller = poller
        self._descriptor = descriptor
        self._generation = 0
        self._told = poller.loop.create_future()
        self._watched = False

    async def wait(self) -> None:
        """Until the kernel knows; which of both, the socket says (SO_ERROR). Raises OSError where the poller closes."""
        self.poller.watch(self, select.EPOLLOUT)
        self._watched = True
        try:
            await self._told
        finally:
            self.leave()

    def leave(self) -> None:
        """Watch no more."""
        if self._watched:
            self._watched = False
            self.poller.unwatch(self)

    def ready(self, events: int) -> int:
        """The kernel knows."""
        self.leave()
        if not self._told.done():
            self._told.set_result(None)
        return 0

    def dismissed(self) -> int:
        """The poller closes."""
        self.leave()
        if not self._told.done():
            self._told.set_exception(OSError(errno.ESHUTDOWN, os.strerror(errno.ESHUTDOWN)))
        return 0


async def dial(poller: Poller, sock: socket.socket, address: Name) -> None:
    """Connect the non-blocking `sock` to `address`, whose host is an IP literal. Raises OSError as the kernel says."""
    failed = sock.connect_ex(address)
    if failed == errno.EINPROGRESS:
        await Attempt(poller, sock.fileno()).wait()
        failed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failed:
        raise OSError(failed, os.strerror(failed))
