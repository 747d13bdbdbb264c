# cython: boundscheck=False, wraparound=False
"""The sending half of a connection, and its end: what is written is collected, sent, or waits until there is room.

Compiled with the types of `sender.pxd`. The kernel's room to send is asked about edge-triggered, from the first time
that it took less than it was offered, and for good then: it tells only of room that had been missing (epoll(7),
question 9).
"""

from __future__ import annotations

import errno
import os
import select
from collections.abc import Iterable

import cython  # type: ignore[import-untyped]

from gateway.transport.poller import Poller, Watched
from gateway.transport.protocol import StreamProtocol

if not cython.compiled:
    from gateway.transport.system import close_descriptor, end_sending, send_piece, send_pieces

HIGH_BYTES = 64 * 1024
"""The high-water mark where the owner sets none, as in asyncio."""

# The compiled form compares C numbers. The life of a connection, in order:
_OPEN = 0
_CLOSING = 1  # `close` was called while octets waited to be sent: they still go
_LEAVING = 2  # the owner will be told
_GONE = 3  # it was told, and the descriptor is closed

# How far `write_eof` has come, in `_writing`: 0 not asked for, 1 waits for what is queued, 2 the FIN is out.

_PIECES = 64
_TAKES = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET
_GIVES = _TAKES | select.EPOLLOUT


class Sender(Watched):
    """A connection of `protocol` as far as it is written to.

    Inside a batch of events `write` only collects, and what it was given goes out in one call at the end of the batch,
    or of the event; anywhere else it sends at once. Either way what the kernel does not take waits here, and the owner
    is told to pause when that is more than its high-water mark.
    """

    __slots__ = (
        "_blocked",
        "_enlisted",
        "_high",
        "_life",
        "_low",
        "_outcome",
        "_owner_paused",
        "_pieces",
        "_protocol",
        "_start",
        "_tells_room",
        "_unsent_bytes",
        "_writing",
    )

    def __init__(self, poller: Poller, descriptor: int, protocol: StreamProtocol) -> None:
        self.poller = poller
        self._descriptor = descriptor
        self._generation = 0
        self._protocol: StreamProtocol | None = protocol
        self._pieces: list[bytes] = []
        self._start = 0
        self._unsent_bytes = 0
        self._high = HIGH_BYTES
        self._low = HIGH_BYTES // 4
        self._outcome: Exception | None = None
        self._life = _OPEN
        self._writing = 0
        self._blocked = False
        self._tells_room = False
        self._enlisted = False
        self._owner_paused = False

    def watch_again(self) -> int:
        """Have the kernel report anew what is the case."""
        self.poller.change(self, _GIVES if self._tells_room else _TAKES)
        return 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send `data`; nothing where the connection is closing. Raises RuntimeError after `write_eof`."""
        if self._writing:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._life != _OPEN:
            return
        self.queue(data)
        if self._unsent_bytes:
            self.send_queued()

    def writelines(self, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send all of `pieces`, in one system call where the kernel takes them."""
        if self._writing:
            raise RuntimeError("Cannot call writelines() after write_eof()")
        if self._life != _OPEN:
            return
        for data in pieces:
            self.queue(data)
        if self._unsent_bytes:
            self.send_queued()

    def queue(self, data: bytes | bytearray | memoryview) -> int:
        """Put `data` behind what waits. What may change under its owner is copied."""
        piece = data if type(data) is bytes else bytes(memoryview(data))
        if piece:
            self._pieces.append(piece)
            self._unsent_bytes += len(piece)
        return 0

    def send_queued(self) -> int:
        """Send now, or with the rest of the batch, unless the kernel is known to take nothing."""
        if self._blocked:
            self.check_high()
        elif not self.poller.turning or self._unsent_bytes > self._high:
            # Past the mark at once: the owner must hear that it is too much while it still writes.
            self.flush()
        elif not self._enlisted:
            self._enlisted = True
            self.poller.enlist(self)
        return 0

    def flush(self) -> int:
        """Give the kernel what is queued."""
        self._enlisted = False
        while self._unsent_bytes and not self._blocked and self._life < _LEAVING:
            if len(self._pieces) == 1:
                sent = send_piece(self._descriptor, self._pieces[0], self._start)
            else:
                sent = send_pieces(self._descriptor, self._pieces, self._start)
            if sent == self._unsent_bytes:
                self._pieces.clear()
                self._start = 0
                self._unsent_bytes = 0
            elif sent >= 0:
                # Took it less than it was offered, it is full, and will tell when it is not.
                full = len(self._pieces) <= _PIECES
                self.advance(sent)
                if full:
                    self.wait_for_room()
            elif sent == -errno.EAGAIN:
                self.wait_for_room()
            else:
                self.lose(OSError(-sent, os.strerror(-sent)))
                return 0
        if self._life >= _LEAVING:
            return 0
        if self._unsent_bytes == 0:
            self.sent_all()
        if self._owner_paused:
            self.check_low()
        else:
            self.check_high()
        return 0

    def advance(self, sent: int) -> int:
        """`sent` octets are on their way: drop them."""
        self._unsent_bytes -= sent
        self._start += sent
        done = 0
        while done < len(self._pieces):
            size = len(self._pieces[done])
            if self._start < size:
                break
            self._start -= size
            done += 1
        del self._pieces[:done]
        return 0

    def wait_for_room(self) -> int:
        """Have the kernel tell when it takes octets again: once asked for, it does so for good."""
        self._blocked = True
        if not self._tells_room:
            self._tells_room = True
            self.watch_again()
        return 0

    def sent_all(self) -> int:
        """Nothing waits any more: now what was to follow it."""
        if self._writing == 1:
            self._writing = 2
            # An error means that the peer is gone already, which is told where something is read or written.
            end_sending(self._descriptor)
        if self._life == _CLOSING:
            self.lose(None)
        return 0

    def check_high(self) -> int:
        """Tell the owner once when too much waits."""
        if self._unsent_bytes > self._high and not self._owner_paused:
            self._owner_paused = True
            try:
                self._protocol.pause_writing()  # type: ignore[union-attr]
            except BaseException as error:
                self.owner_failed("protocol.pause_writing() call failed", error)
        return 0

    def check_low(self) -> int:
        """Tell it when there is room again."""
        if self._unsent_bytes <= self._low and self._owner_paused and self._life < _LEAVING:
            self._owner_paused = False
            try:
                self._protocol.resume_writing()  # type: ignore[union-attr]
            except BaseException as error:
                self.owner_failed("protocol.resume_writing() call failed", error)
        return 0

    def write_eof(self) -> None:
        """Send FIN behind what is queued; what the peer sends is still read."""
        if self._writing == 0 and self._life == _OPEN:
            self._writing = 1
            if self._unsent_bytes == 0:
                self.sent_all()

    def can_write_eof(self) -> bool:
        """It can."""
        return True

    def get_write_buffer_size(self) -> int:
        """Octets that the kernel does not take now; those that wait for the end of the batch are offered to it first.

        Whoever asks wants to know whether the peer reads, and sets a timer by the answer.
        """
        if self._enlisted:
            self.flush()
        return self._unsent_bytes

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """The low- and the high-water mark."""
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the marks, in octets; by default `high` is 64 KiB, or four times `low`, and `low` a quarter of `high`.

        Raises ValueError where not high >= low >= 0.
        """
        if high is None:
            high = HIGH_BYTES if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._high = high
        self._low = low
        if self._life < _LEAVING:
            self.check_high()

    # --- the end -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Send what is queued, then end; nothing more is read."""
        if self._life == _OPEN:
            self._life = _CLOSING
            if self._unsent_bytes == 0:
                self.lose(None)

    def abort(self) -> None:
        """End, and drop what is queued."""
        self.lose(None)

    def is_closing(self) -> bool:
        """Whether `close` or `abort` was called, or the connection broke."""
        return self._life != _OPEN

    def lose(self, outcome: Exception | None) -> int:
        """The connection is over; the owner hears of it at the end of the batch, or soon."""
        if self._life < _LEAVING:
            self._life = _LEAVING
            self._outcome = outcome
            self._pieces.clear()
            self._start = 0
            self._unsent_bytes = 0
            self.poller.leave(self)
        return 0

    def ended(self) -> int:
        """Tell the owner, and let go of everything: it and this object refer to each other."""
        outcome, self._outcome = self._outcome, None
        try:
            self._protocol.connection_lost(outcome)  # type: ignore[union-attr]
        except BaseException as error:
            self.owner_failed("protocol.connection_lost() call failed", error)
        self._life = _GONE
        self._protocol = None
        self.poller.forget(self)
        close_descriptor(self._descriptor)
        self._descriptor = -1
        return 0

    def dismissed(self) -> int:
        """The poller closes."""
        self.lose(None)
        return 0

    def owner_failed(self, where: str, error: BaseException) -> int:
        """An exception of the owner ends its connection, and nothing else."""
        self.poller.failed(where, error, self, self._protocol)
        self.lose(error if isinstance(error, Exception) else None)
        return 0
