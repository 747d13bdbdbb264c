"""One listening TCP socket of a worker: accepts within the limits, and pauses accepting when they are reached.

Past the limit on connections nothing is refused: the socket is left alone, so that clients wait in the kernel's queue,
as with nginx and HAProxy. The same holds when file descriptors run short; an accept loop that meets EMFILE would spin.
A drain loses no request: who is in the kernel's queue is taken first, and an idle connection has a moment for one more.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from gateway.errors import LimitExceeded
from gateway.http.downstream import Downstream
from gateway.http.reply import error_reply
from gateway.http.router import Router
from gateway.sockets import drop_new_clients
from gateway.telemetry import metrics
from gateway.transport.acceptor import Acceptor
from policies.rate_limit.connections import ConnectionGate, Refusal

if TYPE_CHECKING:
    from gateway.http.service import DataPath

RETRY_S = 0.25
"""How long a port waits before it tries again to accept, where file descriptors are used up."""

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
        # Linux hands the option on to each connection that is accepted.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._local_port: int = sock.getsockname()[1]
        self._acceptor = Acceptor(service.runtime.poller, sock.fileno(), self._new_connection, self._ran_short)
        self._retry: asyncio.TimerHandle | None = None
        self._by_source: dict[str, int] = {}
        self.gate: ConnectionGate | None = None
        """The bounds that policies set on its connections."""
        self._gated: dict[Downstream, tuple[ConnectionGate, tuple[int, ...]]] = {}
        self._empty = asyncio.Event()

    @property
    def accepting(self) -> bool:
        """Whether new connections are taken now, or as soon as the system has room for them."""
        return self._acceptor.accepting or self._retry is not None

    def start(self) -> None:
        """Begin, or go on after a pause."""
        if not self.accepting and not self.draining:
            self._accept()

    def _accept(self) -> None:
        self._retry = None
        try:
            self._acceptor.start()
        except OSError:
            self._ran_short()

    def _ran_short(self) -> None:
        """File descriptors, or memory, are used up: whoever is next stays in the kernel's queue for now."""
        if self.draining:
            return
        # Nobody tells when a descriptor is free again, and a port that gave up would never be served.
        self.service.ledger.add(metrics.ACCEPT_PAUSES)
        self._retry = self.service.runtime.loop.call_later(RETRY_S, self._accept)

    def _new_connection(self) -> Downstream:
        return Downstream(self.service, self)

    def pause(self) -> None:
        """Leave new connections in the kernel's queue."""
        if self.accepting:
            self.service.ledger.add(metrics.ACCEPT_PAUSES)
            self._stop()

    def _stop(self) -> None:
        self._acceptor.stop()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def drain(self, idle_s: float = IDLE_GRACE_S) -> None:
        """Accept no more; each connection ends with its next answer, or after `idle_s` seconds without a request.

        Those are IDLE_GRACE_S at most.
        """
        if self.draining:
            return
        self.draining = True
        accepted = self.accepting
        self._stop()
        drop_new_clients(self._sock)
        if accepted:
            # Those whom the kernel has let in already: closing the socket would reset them.
            self._acceptor.take_queued()
        self._sock.close()
        self.service.runtime.loop.call_later(min(idle_s, IDLE_GRACE_S), self._close_idle)

    def _close_idle(self) -> None:
        for connection in tuple(self.connections):
            connection.drain()

    async def emptied(self) -> None:
        """Wait, after `drain`, until the last connection is gone."""
        if self.connections:
            self._empty.clear()
            await self._empty.wait()

    def close(self) -> None:
        """Cut what is left."""
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
        settings = service.settings
        connection.local_port = self._local_port
        connection.peer = service.peer_of(name[0])
        service.check_room(self)
        if self.gate is not None and not self._passes(self.gate, connection):
            return False
        if settings.connections_per_source:
            address = connection.peer.address
            count = self._by_source.get(address, 0)
            if count >= settings.connections_per_source:
                service.ledger.add(metrics.CONNECTIONS_REFUSED_SOURCE)
                connection.turn_away(self._too_many("limits.connectionsPerSource"))
                return False
            # One that is turned away is not counted, or a client that asks again and again would lock itself out.
            self._by_source[address] = count + 1
            connection.counts_for_source = True
        return True

    def _passes(self, gate: ConnectionGate, connection: Downstream) -> bool:
        """Whether policies let it stay; else it is turned away."""
        entered = gate.enter(connection.peer.address)
        if not isinstance(entered, Refusal):
            if entered:
                self._gated[connection] = gate, entered
            return True
        self.service.ledger.add(metrics.CONNECTIONS_REFUSED[entered])
        connection.turn_away(self._too_many(f"connections.{entered.value}"))
        return False

    def closed(self, connection: Downstream) -> None:
        """A connection is gone; called once for each."""
        service = self.service
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()
        service.connection_count -= 1
        if self._gated:
            gate, places = self._gated.pop(connection, (None, ()))
            if gate is not None:
                gate.leave(places)
        service.ledger.add(metrics.CONNECTIONS_ACTIVE, -1)
        if connection.counts_for_source:
            address = connection.peer.address
            count = self._by_source.get(address, 0) - 1
            if count > 0:
                self._by_source[address] = count
            else:
                self._by_source.pop(address, None)
        service.room_made()

    def _too_many(self, limit: str) -> bytes:
        service = self.service
        return error_reply(
            LimitExceeded("too many connections from this address", 429, limit),
            server=service.settings.server,
            date=service.date_line(),
            request_id=b"",
            close=True,
            bodiless=False,
        )
