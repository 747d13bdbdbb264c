# cython: boundscheck=False, wraparound=False, cdivision=True
"""The access log: one JSON line per exchange, written by a thread of its own, so that a slow disk slows no client.

A line is rendered where the exchange ends, behind those before it; the thread only gets whole batches and writes each
at once, without the interpreter's lock. What does not fit into the queue is dropped and counted. Files are opened for
appending, so several workers may share one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from random import Random

from gateway.hot.ledger import Ledger
from gateway.telemetry import metrics
from gateway.telemetry.access_line import FIELDS, AccessEntry, AccessLines

BATCH_BYTES = 48 * 1024
"""A batch goes to the thread once it is as long: with room for a last line, it stays in the buffer that is kept."""
FLUSH_S = 0.1
"""How long lines may wait: long enough to write many at once, short enough to follow by eye."""
QUEUED_LINE_BYTES = 4096
"""What waits may take as much per entry of the queue: lines of 60 KiB each must not take 8192 times that."""

Batch = tuple[bytes, int]
_REOPEN: Batch = (b"", -1)
_END: Batch = (b"", -2)
_BATCH_BYTES = BATCH_BYTES
_LINES = metrics.ACCESS_LOG_LINES
_DROPPED = metrics.ACCESS_LOG_DROPPED


class AccessLog:
    """Writes to `path`: a file, `-` for standard output, or `off`.

    `fields` names what is written, in order; empty means all. `sample` is the share of exchanges, 0..1, whose line is
    written; answers of 500 and more always are. `queue_entries` bounds what waits for the disk. `later` calls a
    function after so many seconds, in the thread that records, as `call_later` of a loop does.
    """

    __slots__ = (
        "_batches",
        "_bound_bytes",
        "_bound_lines",
        "_done_bytes",
        "_done_lines",
        "_flush_due",
        "_gathered",
        "_handed_bytes",
        "_handed_lines",
        "_later",
        "_ledger",
        "_lines",
        "_on",
        "_path",
        "_random",
        "_sample",
        "_thread",
    )

    def __init__(
        self,
        path: str,
        fields: Sequence[str],
        sample: float,
        queue_entries: int,
        ledger: Ledger,
        random: Random,
        later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        self._path = path
        self._sample = sample
        self._bound_lines = queue_entries
        self._bound_bytes = queue_entries * QUEUED_LINE_BYTES
        self._ledger = ledger
        self._random = random
        self._later = later
        self._gathered = AccessLines(fields or FIELDS)
        self._lines = 0
        self._flush_due = False
        # Of the first two only the recording thread makes a new value, of the others only the writing one.
        self._handed_lines = 0
        self._handed_bytes = 0
        self._done_lines = 0
        self._done_bytes = 0
        self._batches: SimpleQueue[Batch] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._on = path != "off"
        if self._on:
            self._thread = threading.Thread(target=self._write_all, name="access-log", daemon=True)
            self._thread.start()

    @classmethod
    def off(cls) -> AccessLog:
        """One that writes nothing."""
        return cls("off", (), 0.0, 1, Ledger.private(), Random(0), lambda _, __: None)  # noqa: S311 -- nothing is drawn

    def wants(self, status: int) -> bool:
        """Whether an exchange that ended with `status` is written; drawn anew at each call."""
        if not self._on:
            return False
        return status >= 500 or self._sample >= 1.0 or self._random.random() < self._sample

    def record(self, entry: AccessEntry) -> None:
        """Render a line, to be written within FLUSH_S; never blocks."""
        gathered = self._gathered
        waiting_lines = self._lines + self._handed_lines - self._done_lines
        waiting_bytes = gathered.size_bytes() + self._handed_bytes - self._done_bytes
        if waiting_lines >= self._bound_lines or waiting_bytes >= self._bound_bytes:
            self._ledger.add(_DROPPED)
            return
        gathered.add(entry)
        self._lines += 1
        self._ledger.add(_LINES)
        if gathered.size_bytes() >= _BATCH_BYTES:
            self._hand_over()
        elif not self._flush_due:
            self._flush_due = True
            self._later(FLUSH_S, self._flush)

    def reopen(self) -> None:
        """Open the file anew by its path, as after a rotation; what was recorded before goes to the old one."""
        if self._on:
            self._hand_over()
            self._batches.put(_REOPEN)

    def end(self) -> None:
        """Have the thread write what waits, and stop: nothing is wanted from now on. For the recording thread."""
        if self._on:
            self._on = False
            self._hand_over()
            self._batches.put(_END)

    def close(self) -> None:
        """`end`, and wait for it up to a second."""
        self.end()
        if self._thread is not None:
            self._thread.join(1.0)

    # --- the recording thread ------------------------------------------------------------------------------------

    def _flush(self) -> None:
        self._flush_due = False
        self._hand_over()

    def _hand_over(self) -> None:
        if self._lines:
            data = self._gathered.take()
            self._handed_lines += self._lines
            self._handed_bytes += len(data)
            self._batches.put((data, self._lines))
            self._lines = 0

    # --- the writing thread --------------------------------------------------------------------------------------

    def _write_all(self) -> None:
        descriptor = self._open_or_none()
        while (batch := self._batches.get()) is not _END:
            if batch is _REOPEN:
                if descriptor is not None:
                    os.close(descriptor)
                descriptor = self._open_or_none()
            else:
                data, lines = batch
                descriptor = self._write_batch(descriptor, data, lines)
                self._done_lines += lines
                self._done_bytes += len(data)
        if descriptor is not None:
            os.close(descriptor)

    def _open_or_none(self) -> int | None:
        try:
            if self._path == "-":
                return os.dup(1)
            return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError:
            return None

    def _write_batch(self, descriptor: int | None, data: bytes, lines: int) -> int | None:
        if descriptor is None:
            descriptor = self._open_or_none()
        if descriptor is None:
            self._ledger.add(metrics.ACCESS_LOG_UNWRITTEN, lines)
            return None
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        except OSError:
            # A full disk or a closed pipe: these lines are lost, the next batch tries again with a new descriptor.
            self._ledger.add(metrics.ACCESS_LOG_UNWRITTEN, lines)
            os.close(descriptor)
            return None
        return descriptor
