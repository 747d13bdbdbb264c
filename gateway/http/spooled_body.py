"""A request body kept whole until the endpoint has taken it: in memory, and past a bound in a file without a name.

The file is written and read in the loop: that goes to the page cache, some 20 us for 64 KiB, less than to hand it to a
thread and back. Where the kernel makes writers wait for the disk, it makes the loop wait.
"""

from __future__ import annotations

import os
import tempfile
from typing import IO

from gateway.errors import Overloaded

PIECE_BYTES = 64 * 1024


class SpooledBody:
    """Up to `bound_bytes` in memory. First `append`, then `rewind` and `next_piece` as often as it is sent."""

    __slots__ = ("_bound_bytes", "_file", "_memory", "_position", "length")

    def __init__(self, bound_bytes: int) -> None:
        self._bound_bytes = bound_bytes
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._position = 0
        self.length = 0

    def append(self, data: bytes) -> None:
        """A further part. Raises Overloaded where the disk has no room."""
        self.length += len(data)
        if self._file is None and self.length <= self._bound_bytes:
            self._memory += data
            return
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - see `close`
                self._write(self._file, bytes(self._memory))
                self._memory.clear()
            self._write(self._file, data)
        except OSError as error:
            raise Overloaded(f"no room for a request body in {tempfile.gettempdir()}: {error.strerror}") from error

    @property
    def memory_bytes(self) -> int:
        """How much of it is in memory."""
        return len(self._memory)

    @property
    def exhausted(self) -> bool:
        """Whether all of it was given out."""
        return self._position == self.length

    def rewind(self) -> None:
        """Begin from the start."""
        self._position = 0

    def next_piece(self) -> bytes:
        """The next part of at most PIECE_BYTES; b"" at the end."""
        start = self._position
        if self._file is None:
            piece = bytes(self._memory[start : start + PIECE_BYTES])
        else:
            piece = os.pread(self._file.fileno(), PIECE_BYTES, start)
        self._position += len(piece)
        return piece

    def close(self) -> None:
        """Let go of memory and disk; there is nothing to give out any more."""
        self._memory.clear()
        file, self._file = self._file, None
        if file is not None:
            file.close()
        self._position = self.length

    @staticmethod
    def _write(file: IO[bytes], data: bytes) -> None:
        """All of `data`, however little the disk takes at once."""
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]
