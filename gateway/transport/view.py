"""A connection's socket as `get_extra_info("socket")` gives it: a look at the transport's descriptor."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

Name = tuple[str, int] | tuple[str, int, int, int]


@contextmanager
def borrowed(descriptor: int) -> Iterator[socket.socket]:
    """A socket object over `descriptor`, which stays open and stays its owner's."""
    sock = socket.socket(fileno=descriptor)
    try:
        yield sock
    finally:
        sock.detach()


class SocketView:
    """What one may ask of, and set on, a socket without getting in the way of its transport.

    A socket object per connection would cost memory that nobody uses: it is made for the length of one question.
    """

    __slots__ = ("_descriptor",)

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """The descriptor; closing it is the transport's business."""
        return self._descriptor

    def getsockname(self) -> Name:
        """This end's address."""
        with borrowed(self._descriptor) as sock:
            name: Name = sock.getsockname()
            return name

    def getpeername(self) -> Name:
        """The other end's address. Raises OSError where it is gone."""
        with borrowed(self._descriptor) as sock:
            name: Name = sock.getpeername()
            return name

    def getsockopt(self, level: int, option: int) -> int:
        """An option that is a number."""
        with borrowed(self._descriptor) as sock:
            return sock.getsockopt(level, option)

    def setsockopt(self, level: int, option: int, value: int | bytes) -> None:
        """Set an option."""
        with borrowed(self._descriptor) as sock:
            sock.setsockopt(level, option, value)
