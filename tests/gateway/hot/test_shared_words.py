"""The operations on shared words without a compiler, one process at a time."""

from __future__ import annotations

import os
import subprocess
import sys

from gateway.hot import shared_words as words


def test_swaps_happen_where_the_old_value_is_there() -> None:
    memory = words.words_of(memoryview(bytearray(32)).cast("q"))
    words.store_word(memory, 0, 5)
    assert not words.swap_word(memory, 0, 4, 9)
    assert words.swap_word(memory, 0, 5, -9)
    assert words.load_word(memory, 0) == -9
    assert words.add_word(memory, 1, 3) == 3
    assert not words.swap_pair(memory, 0, -9, 4, 1, 2)
    assert words.swap_pair(memory, 0, -9, 3, 1, 2)
    assert memory.tolist() == [1, 2, 0, 0]


def test_halves_are_words_of_any_octets() -> None:
    octets = b"\x01" + bytes(7) + b"\xff" * 8
    assert (words.half(octets, 0), words.half(octets, 1)) == (1, -1)


def test_a_memory_is_held_against_other_processes() -> None:
    descriptor = os.memfd_create("test")
    try:
        trying = "import fcntl, sys; fcntl.lockf(int(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        command = [sys.executable, "-c", trying, str(descriptor)]
        words.hold(descriptor)
        assert subprocess.run(command, pass_fds=(descriptor,), capture_output=True, check=False).returncode != 0
        words.let_go(descriptor)
        assert subprocess.run(command, pass_fds=(descriptor,), capture_output=True, check=False).returncode == 0
    finally:
        os.close(descriptor)
    words.hold(-1)
    words.let_go(-1)
