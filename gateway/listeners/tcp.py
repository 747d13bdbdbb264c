"""One listening TCP socket of a worker: accepts within the limits, and pauses accepting when they are reached.

Past the limit on connections nothing is refused: the socket is left alone, so that clients wait in the kernel's queue,
as with nginx and HAProxy. The same holds when file descriptors run short; an accept loop that meets EMFILE would spin.
A drain loses no request: who is in the kernel's queue is taken first, and an idle connection has a moment for one more.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING, cast

from gateway.errors import LimitExceeded
from gateway.http.downstream import Downstream
from gateway.http.reply import error_reply
from gateway.http.router import Router
from gateway.sockets import drop_new_clients
from gateway.telemetry import metrics

if TYPE_CHECKING:
    from gateway.http.service import DataPath

BACKLOG = 4096
"""Connections that the kernel holds for a paused or busy worker; the system's `somaxconn` caps it."""

RETRY_S = 0.25
"""How long a port waits before it tries again to listen, where file descriptors are used up."""

IDLE_GRACE_S = 1.0
"""How long a drain leaves idle connections open. A client that is about to ask would lose a request to a close; this
way it is told by `Connection: close` on the answer, and only those that rest are closed."""


class TcpListener:
    """Accepts on `sock` for the port `port_key`; its `router` is swapped by one assignment on each reload."""

    def __init__(self, service: DataPath, port_key: str, sock: socket.socket, router: Router) -> None:
        self.service = service
        self.port_key = port_key
        self.router = router
        self.draining = False
        self.connections: set[Downstream] = set()
        self._sock = sock
        self._server: asyncio.AbstractServer | None = None
        self._by_source: dict[str, int] = {}
        self._starting: asyncio.Task[object] | None = None
        self._empty = asyncio.Event()
        self._taking: set[asyncio.Task[object]] = set()
        self._closed = False

    @property
    def accepting(self) -> bool:
        """Whether new connections are taken now."""
        return self._server is not None or self._starting is not None

    def start(self) -> None:
        """Begin, or go on after a pause."""
        if self.accepting or self.draining:
            return
        self._starting = self.service.runtime.spawn(self._listen(), name=f"listen {self.port_key}")

    async def _listen(self) -> None:
        loop = self.service.runtime.loop
        try:
            while not self.draining and self._server is None:
                try:
                    # A server closes the socket that it is given: each gets a copy, and the socket outlives pauses.
                    copy = self._sock.dup()
                except OSError as error:
                    if error.errno not in (errno.EMFILE, errno.ENFILE):
                        raise
                    # Nobody tells when a descriptor is free again, and a port that gave up would never be served.
                    self.service.ledger.add(metrics.ACCEPT_PAUSES)
                    await asyncio.sleep(RETRY_S)
                    continue
                server = await loop.create_server(self._new_connection, sock=copy, backlog=BACKLOG)
                if self.draining:
                    server.close()
                else:
                    self._server = server
        finally:
            self._starting = None

    def _new_connection(self) -> asyncio.Protocol:
        return cast(asyncio.Protocol, Downstream(self.service, self))

    def pause(self) -> None:
        """Leave new connections in the kernel's queue."""
        if self._server is not None:
            self.service.ledger.add(metrics.ACCEPT_PAUSES)
            self._server.close()
            self._server = None

    def drain(self, idle_s: float = IDLE_GRACE_S) -> None:
        """Accept no more; each connection ends with its next answer, or after `idle_s` seconds without a request."""
        if self.draining:
            return
        self.draining = True
        accepted = self.accepting
        if self._server is not None:
            self._server.close()
            self._server = None
        drop_new_clients(self._sock)
        if accepted:
            self._take_queued()
        self._sock.close()
        self.service.runtime.loop.call_later(idle_s, self._close_idle)

    def _take_queued(self) -> None:
        """Accept those whom the kernel has let in already: closing the socket would reset them."""
        while True:
            try:
                sock, _ = self._sock.accept()
            except OSError:
                return
            sock.settimeout(0.0)
            task = self.service.runtime.spawn(self._take(sock), name=f"take {self.port_key}")
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)

    async def _take(self, sock: socket.socket) -> None:
        loop = self.service.runtime.loop
        transport, _ = await loop.connect_accepted_socket(self._new_connection, sock)
        if self._closed:
            transport.abort()

    def _close_idle(self) -> None:
        for connection in tuple(self.connections):
            connection.drain()

    async def emptied(self) -> None:
        """Wait, after `drain`, until the last connection is gone."""
        if self._taking:
            await asyncio.wait(self._taking)
        if self.connections:
            self._empty.clear()
            await self._empty.wait()

    def close(self) -> None:
        """Cut what is left."""
        self._closed = True
        self.drain()
        for connection in tuple(self.connections):
            connection.cut_down()

    def opened(self, connection: Downstream) -> bool:
        """Take a new connection in; False if it was turned away."""
        service = self.service
        transport = connection.transport
        self.connections.add(connection)
        service.connection_count += 1
        service.ledger.add(metrics.CONNECTIONS_OPENED)
        service.ledger.add(metrics.CONNECTIONS_ACTIVE)
        name = transport.get_extra_info("peername") or ("0.0.0.0", 0)  # noqa: S104 -- a peer gone already has no name
        local = transport.get_extra_info("sockname") or ("", 0)
        settings = service.settings
        connection.local_port = local[1]
        connection.peer = service.peer_of(name[0])
        service.check_room(self)
        if settings.connections_per_source:
            address = connection.peer.address
            count = self._by_source.get(address, 0)
            if count >= settings.connections_per_source:
                service.ledger.add(metrics.CONNECTIONS_REFUSED_SOURCE)
                connection.turn_away(self._too_many())
                return False
            # One that is turned away is not counted, or a client that asks again and again would lock itself out.
            self._by_source[address] = count + 1
            connection.counts_for_source = True
        return True

    def closed(self, connection: Downstream) -> None:
        """A connection is gone; called once for each."""
        service = self.service
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()
        service.connection_count -= 1
        service.ledger.add(metrics.CONNECTIONS_ACTIVE, -1)
        if connection.counts_for_source:
            address = connection.peer.address
            count = self._by_source.get(address, 0) - 1
            if count > 0:
                self._by_source[address] = count
            else:
                self._by_source.pop(address, None)
        service.room_made()

    def _too_many(self) -> bytes:
        service = self.service
        return error_reply(
            LimitExceeded("too many connections from this address", 429, "limits.connectionsPerSource"),
            server=service.settings.server,
            date=service.date_line(),
            request_id=b"",
            close=True,
            bodiless=False,
        )
