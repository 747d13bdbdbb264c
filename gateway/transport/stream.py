# cython: boundscheck=False, wraparound=False
"""A TCP connection over a bare descriptor, with the methods of asyncio.Transport, driven by a poller.

Compiled with the types of `stream.pxd`. It is watched edge-triggered, for its whole life by one registration: an event
says that something changed, and what is not taken then is noted (`_missed`) and asked for again. So pausing costs no
system call, and a peer that hangs up while nothing is wanted of it cannot make the loop spin. One receive per event: a
buffer that was not filled is known to be the end of what there was (epoll(7), question 9).
"""

from __future__ import annotations

import asyncio
import errno
import os
import select
from typing import cast

import cython  # type: ignore[import-untyped]

from gateway.transport.poller import Poller
from gateway.transport.protocol import StreamProtocol
from gateway.transport.sender import Sender
from gateway.transport.view import Name, SocketView

if not cython.compiled:
    from gateway.transport.system import close_descriptor, octets_in, receive

# The compiled form compares C numbers; `sender.py` says what they mean.
_OPEN = 0
_GONE = 3
_READS = 8
"""Full buffers that one event takes in a row before the connections behind it in the batch get their turn."""
_READABLE = select.EPOLLIN
_WRITABLE = select.EPOLLOUT
_HUNG_UP = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_TAKES = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET


class StreamTransport(Sender):
    """One connection of `protocol`; `descriptor`, connected and non-blocking, is the transport's own from now on."""

    __slots__ = ("_heard_end", "_missed", "_paused", "_peername", "_read_limit")

    def __init__(self, poller: Poller, descriptor: int, protocol: StreamProtocol, peername: Name | None = None) -> None:
        super().__init__(poller, descriptor, protocol)
        self._peername = peername
        self._paused = False
        self._missed = False
        self._heard_end = False
        self._read_limit = 0

    def begin(self) -> int:
        """Watch the descriptor and tell the owner. Raises OSError, and then the descriptor is closed."""
        try:
            self.poller.watch(self, _TAKES)
        except OSError:
            self._life = _GONE
            close_descriptor(self._descriptor)
            raise
        try:
            cast(StreamProtocol, self._protocol).connection_made(cast(asyncio.BaseTransport, self))
        except BaseException as error:
            self.owner_failed("protocol.connection_made() call failed", error)
        # Kept for those who ask at once, as all who ask do: afterwards the kernel is asked.
        self._peername = None
        return 0

    def ready(self, events: int) -> int:
        """The kernel reports octets, an end, an error or room to send."""
        if events & (_READABLE | _HUNG_UP) and self._life == _OPEN and not self._heard_end:
            if self._paused:
                self._missed = True
            else:
                self.read(events)
        if self._blocked and events & (_WRITABLE | _HUNG_UP):
            self._blocked = False
            self.flush()
        return 0

    def read(self, events: int) -> int:
        """Take what is there. Behind the last octets of a peer that hung up stands its end, which is not told again."""
        for _ in range(_READS):
            room = self._read_limit or self.poller.buffer_bytes
            count = receive(self._descriptor, self.poller.buffer, room)
            if count > 0:
                data = octets_in(self.poller.buffer, count)
                try:
                    self._protocol.data_received(data)  # type: ignore[union-attr]  # a connection that is open has one
                except BaseException as error:
                    self.owner_failed("protocol.data_received() call failed", error)
                if self._life != _OPEN:
                    return 0
                if count < room and not events & _HUNG_UP:
                    return 0
                if self._paused:
                    self._missed = True
                    return 0
            elif count == 0:
                self.read_end()
                return 0
            elif count == -errno.EAGAIN:
                return 0
            else:
                self.lose(OSError(-count, os.strerror(-count)))
                return 0
        # Others wait; the kernel reports what is left with the next batch.
        self.watch_again()
        return 0

    def read_end(self) -> int:
        """The peer sends no more."""
        self._heard_end = True
        try:
            stays = bool(self._protocol.eof_received())  # type: ignore[union-attr]
        except BaseException as error:
            self.owner_failed("protocol.eof_received() call failed", error)
            return 0
        if not stays:
            self.close()
        return 0

    def is_reading(self) -> bool:
        """Whether octets would be handed on."""
        return bool(self._life == _OPEN and not self._paused and not self._heard_end)

    def pause_reading(self) -> None:
        """Hand on nothing until `resume_reading`."""
        self._paused = True

    def resume_reading(self) -> None:
        """Hand on again what comes, and what came meanwhile, from a later batch on."""
        self._paused = False
        if self._missed:
            self._missed = False
            if self._life == _OPEN:
                self.watch_again()

    def set_read_limit(self, octets: int) -> None:
        """Take so many octets at once at most; 0 is as many as the poller's buffer holds."""
        self._read_limit = min(octets, self.poller.buffer_bytes)

    def get_protocol(self) -> StreamProtocol | None:
        """The owner; None once it was told of the end."""
        return self._protocol

    def set_protocol(self, protocol: StreamProtocol) -> None:
        """Hand the connection over."""
        self._protocol = protocol

    def fileno(self) -> int:
        """The descriptor; -1 once it is closed."""
        return self._descriptor

    def get_extra_info(self, name: str, default: object = None) -> object:
        """`socket` (a view), `peername`, `sockname` or `fileno`; `default` for all else, and for what is gone."""
        if name == "peername" and self._peername is not None:
            return self._peername
        if self._descriptor < 0:
            return default
        if name == "fileno":
            return self._descriptor
        view = SocketView(self._descriptor)
        if name == "socket":
            return view
        try:
            if name == "sockname":
                return view.getsockname()
            if name == "peername":
                return view.getpeername()
        except OSError:
            pass
        return default


def open_stream(
    poller: Poller, descriptor: int, protocol: StreamProtocol, peername: Name | None = None
) -> StreamTransport:
    """Make the connected `descriptor` a connection of `protocol`, which hears of it at once.

    Raises OSError where it cannot be watched, and then the descriptor is closed.
    """
    transport = StreamTransport(poller, descriptor, protocol, peername)
    transport.begin()
    return transport
