"""Numbers in memory that several processes write, uncompiled: what `rate_table.pxd` has as atomic operations.

Each is whole only while the memory is held, as `hold` does for all processes that have it, by a lock on its file.
"""

from __future__ import annotations

import fcntl

_WORD = 1 << 64
_SIGN = 1 << 63


def words_of(memory: memoryview) -> memoryview:
    """The words of a writable memory of format `q`."""
    return memory


def load_word(words: memoryview, at: int) -> int:
    """The word at `at`."""
    return int(words[at])


def store_word(words: memoryview, at: int, value: int) -> None:
    """Write it."""
    words[at] = value


def add_word(words: memoryview, at: int, amount: int) -> int:
    """Add to it; what it is then."""
    words[at] += amount
    return int(words[at])


def swap_word(words: memoryview, at: int, old: int, new: int) -> bool:
    """Write `new` where it is `old`; whether it was."""
    if words[at] != old:
        return False
    words[at] = new
    return True


def swap_pair(words: memoryview, at: int, old: int, old_next: int, new: int, new_next: int) -> bool:
    """The same of two words in a row, at an even place."""
    if words[at] != old or words[at + 1] != old_next:
        return False
    words[at], words[at + 1] = new, new_next
    return True


def half(octets: bytes, which: int) -> int:
    """Of 16 octets the first (0) or the second (1) half, as a word."""
    return int.from_bytes(octets[8 * which : 8 * which + 8], "little", signed=True)


def hold(descriptor: int) -> None:
    """Wait until no other process has the memory of that file (-1: nobody has) and keep them out."""
    if descriptor >= 0:
        # A lock of the process: one by flock(2) would be shared with all who were handed the descriptor.
        fcntl.lockf(descriptor, fcntl.LOCK_EX)


def let_go(descriptor: int) -> None:
    """Let others have it."""
    if descriptor >= 0:
        fcntl.lockf(descriptor, fcntl.LOCK_UN)
