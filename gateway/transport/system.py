"""The system calls of `gateway.transport` where it runs uncompiled: what the compiled form has in C (`poller.pxd`).

Each returns what the kernel's does, and minus the error's number where that fails.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket

from gateway.transport.view import Name, borrowed

Ready = list[tuple[int, int, int]]
"""What `wait_epoll` reports: descriptor, generation and events of each."""

PIECES = 64
"""How many pieces one call sends at most; the kernel's own bound is 1024."""

_SETS: dict[int, select.epoll] = {}
_GENERATIONS: dict[tuple[int, int], int] = {}


def open_epoll() -> int:
    """The descriptor of a new set."""
    try:
        opened = select.epoll()
    except OSError as error:
        return -(error.errno or 0)
    _SETS[opened.fileno()] = opened
    return opened.fileno()


def close_epoll(epoll: int) -> None:
    """Close the set."""
    _SETS.pop(epoll).close()


def add_to_epoll(epoll: int, descriptor: int, events: int, generation: int) -> int:
    """Watch `descriptor` for `events`; `generation` comes back with them."""
    try:
        _SETS[epoll].register(descriptor, events)
    except OSError as error:
        return -(error.errno or 0)
    _GENERATIONS[epoll, descriptor] = generation
    return 0


def change_in_epoll(epoll: int, descriptor: int, events: int, generation: int) -> int:
    """Watch it for these; what is the case already is reported again."""
    try:
        _SETS[epoll].modify(descriptor, events)
    except OSError as error:
        return -(error.errno or 0)
    _GENERATIONS[epoll, descriptor] = generation
    return 0


def remove_from_epoll(epoll: int, descriptor: int) -> int:
    """Watch it no more."""
    try:
        _SETS[epoll].unregister(descriptor)
    except OSError as error:
        return -(error.errno or 0)
    return 0


def new_ready(count: int) -> Ready:
    """Room for `count` reports."""
    return [(-1, 0, 0)] * count


def free_ready(ready: Ready) -> None:
    """The garbage collector does it here."""


def wait_epoll(epoll: int, ready: Ready, count: int) -> int:
    """Put what is ready now into `ready`, `count` reports at most; how many there are."""
    try:
        found = _SETS[epoll].poll(0, count)
    except OSError as error:
        return -(error.errno or 0)
    for index, (descriptor, events) in enumerate(found):
        ready[index] = (descriptor, _GENERATIONS[epoll, descriptor], events)
    return len(found)


def ready_descriptor(ready: Ready, index: int) -> int:
    """Which descriptor report `index` is about."""
    return ready[index][0]


def ready_generation(ready: Ready, index: int) -> int:
    """The generation it was added with."""
    return ready[index][1]


def ready_events(ready: Ready, index: int) -> int:
    """What is the case."""
    return ready[index][2]


def new_buffer(size: int) -> bytearray:
    """Room for what one call receives."""
    return bytearray(size)


def free_buffer(buffer: bytearray) -> None:
    """The garbage collector does it here."""


def octets_in(buffer: bytearray, count: int) -> bytes:
    """The first `count` octets."""
    return bytes(memoryview(buffer)[:count])


def receive(descriptor: int, buffer: bytearray, size: int) -> int:
    """Octets that were received into `buffer`, `size` at most; 0 at the end."""
    try:
        return os.readv(descriptor, [memoryview(buffer)[:size]])
    except OSError as error:
        return -(error.errno or 0)


def send_piece(descriptor: int, piece: bytes, start: int) -> int:
    """How much of `piece` from `start` on the kernel took."""
    try:
        return os.write(descriptor, memoryview(piece)[start:])
    except OSError as error:
        return -(error.errno or 0)


def send_pieces(descriptor: int, pieces: list[bytes], start: int) -> int:
    """How much it took of the first `PIECES` pieces, in one call; `start` octets of the first are sent already."""
    try:
        return os.writev(descriptor, [memoryview(pieces[0])[start:], *pieces[1:PIECES]])
    except OSError as error:
        return -(error.errno or 0)


def end_sending(descriptor: int) -> int:
    """Send FIN."""
    with borrowed(descriptor) as sock:
        try:
            sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            return -(error.errno or 0)
    return 0


def accept_next(descriptor: int, names: list[Name]) -> int:
    """The next client's descriptor, non-blocking and not inherited; its address is appended to `names`."""
    with borrowed(descriptor) as sock:
        try:
            accepted, name = sock.accept()
        except OSError as error:
            return -(error.errno or 0)
    accepted.settimeout(0.0)
    names.append(name)
    return accepted.detach()


def close_descriptor(descriptor: int) -> None:
    """Close it; what a socket could not send yet goes on its way all the same."""
    with contextlib.suppress(OSError):
        os.close(descriptor)
