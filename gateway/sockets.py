"""Opens each listening socket once per worker, and keeps it over reloads and over the deaths of workers."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import socket
import struct
from collections.abc import Iterable, Mapping

from config.snapshot import Port

BACKLOG = 4096
"""Connections that the kernel holds while a worker is busy or starts again; the system's `somaxconn` caps it."""

SO_ATTACH_FILTER = 26
# Classic BPF over the TCP header: of its flags (octet 13), SYN without ACK is dropped, all else passes whole.
_DROP_SYN = ((0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))


class PortUnavailable(Exception):
    """A port cannot be opened; the text says which and why."""


class ListeningSockets:
    """The sockets of `workers` workers, by the port's key; index `i` of each list is worker `i`'s."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._sockets: dict[str, list[socket.socket]] = {}

    @property
    def keys(self) -> frozenset[str]:
        """The ports that are open."""
        return frozenset(self._sockets)

    def of_worker(self, index: int) -> Mapping[str, socket.socket]:
        """The sockets of one worker by port key."""
        return {key: sockets[index] for key, sockets in self._sockets.items()}

    def open_missing(self, ports: Iterable[Port]) -> tuple[str, ...]:
        """Open those of `ports` that are not open yet, all or none; returns their keys. Raises PortUnavailable."""
        opened: dict[str, list[socket.socket]] = {}
        try:
            for port in ports:
                if port.protocol == "HTTP" and port.key not in self._sockets:
                    opened[port.key] = []
                    if self._workers > 1:
                        # SO_REUSEPORT would silently share the port with another gateway of this user.
                        listening_socket(port.address, port.port, shared=False).close()
                    for _ in range(self._workers):
                        opened[port.key].append(listening_socket(port.address, port.port, shared=self._workers > 1))
        except PortUnavailable:
            for sockets in opened.values():
                for sock in sockets:
                    sock.close()
            raise
        self._sockets.update(opened)
        return tuple(opened)

    def close_others(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Close this process's copies of all but `keys`; returns the keys of what was closed."""
        gone = tuple(self.keys - frozenset(keys))
        for key in gone:
            for sock in self._sockets.pop(key):
                sock.close()
        return gone


def listening_socket(address: str, port: int, *, shared: bool) -> socket.socket:
    """A listening TCP socket, non-blocking; `address` "" takes both families. Raises PortUnavailable.

    `shared` lets several sockets of this user have the port (SO_REUSEPORT).
    """
    dual = address == "" and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if dual or ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
        sock.bind((address, port))
        sock.listen(BACKLOG)
        sock.settimeout(0.0)
    except OSError as error:
        sock.close()
        raise PortUnavailable(f"cannot listen on {address or '*'}:{port}: {_reason(error, port)}") from error
    return sock


def drop_new_clients(sock: socket.socket) -> None:
    """Have the kernel ignore who wants to connect to the listening `sock` from now on, without a reset.

    A socket that is closed resets whoever came since its last accept. So the door is shut first, then those inside are
    taken, then it is closed; who knocks meanwhile knocks again, and is refused or let in by another gateway. Where the
    kernel does not have such filters (socket(7), SO_ATTACH_FILTER) that moment is lived with.
    """
    program = struct.pack("HBBI" * len(_DROP_SYN), *(value for step in _DROP_SYN for value in step))
    memory = ctypes.create_string_buffer(program)
    with contextlib.suppress(OSError):
        sock.setsockopt(
            socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(_DROP_SYN), ctypes.addressof(memory))
        )


def _reason(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program has the port"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"not permitted (ports under 1024 need CAP_NET_BIND_SERVICE; {port} was asked)"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine does not have the address"
    return error.strerror or str(error)
