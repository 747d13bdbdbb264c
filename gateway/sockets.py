"""Opens each listening socket once per worker, and keeps it over reloads and over the deaths of workers."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Mapping

from config.snapshot import Port

BACKLOG = 4096
"""Connections that the kernel holds while a worker is busy or starts again; the system's `somaxconn` caps it."""


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


def _reason(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program has the port"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"not permitted (ports under 1024 need CAP_NET_BIND_SERVICE; {port} was asked)"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine does not have the address"
    return error.strerror or str(error)
