"""Copies of requests to another backend, whose answers are read and thrown away (Gateway API RequestMirror).

A copy never slows or fails the exchange: it has no retry, and one that falls behind by more than its buffer is given up
and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.codec.http1 import EndOfMessage, Event, encode_chunk, encode_last_chunk
from gateway.errors import WeirError
from gateway.hot.head import ResponseHead
from gateway.telemetry import metrics
from gateway.upstream.http1_client import UpstreamConnection

if TYPE_CHECKING:
    from discovery.balancing.subset import Selection
    from gateway.http.service import BackendTraffic, DataPath
    from policies.chain import WeightedPlan
    from policies.subject import Subject


def copies_of(
    service: DataPath,
    choice: WeightedPlan,
    subject: Subject | None,
    hash_key: bytes | None,
    method: bytes,
    head: bytes,
    *,
    chunked: bool,
) -> tuple[MirrorCopy, ...]:
    """The copies that the mirrors of `choice` make of one request, whose `head` is as its own endpoint gets it."""
    copies = []
    for mirror in choice.mirrors:
        target = service.backends.get(mirror.backend) if mirror.backend is not None else None
        if target is not None and mirror.takes(service.runtime.random.random()):
            selection = target.selection_for(subject)
            copies.append(MirrorCopy(service, target, selection, hash_key, method, head, chunked=chunked))
    return tuple(copies)


class MirrorCopy:
    """One copy of one request, on its way to `backend`."""

    __slots__ = (
        "_backend",
        "_chunked",
        "_complete",
        "_lease",
        "_method",
        "_original",
        "_outgoing",
        "_outgoing_bytes",
        "_pool",
        "_service",
        "_size",
        "_status",
        "_timer",
        "_upstream",
    )

    def __init__(
        self,
        service: DataPath,
        backend: BackendTraffic,
        selection: Selection | None,
        hash_key: bytes | None,
        method: bytes,
        head: bytes,
        *,
        chunked: bool,
    ) -> None:
        self._service = service
        self._backend = backend
        self._method = method
        self._chunked = chunked
        self._outgoing = [head]
        self._outgoing_bytes = len(head)
        self._complete = False
        self._status = 0
        self._size = 0
        self._original: tuple[int, int] | None = None
        self._upstream: UpstreamConnection | None = None
        self._lease = backend.backend.pick(hash_key, (), selection)
        self._timer = service.wheel.timer(self)
        self._pool = None
        if self._lease is None:
            self._drop()
            return
        self._timer.set(service.settings.stream_idle_timeout_s)
        self._pool = backend.pool_of(self._lease.state)
        try:
            connection = self._pool.acquire(self)
        except WeirError:
            self._drop()
            return
        if connection is not None:
            self.upstream_ready(connection)

    def body(self, data: bytes) -> None:
        """Pass a part of the request body on, as the exchange gets it."""
        self._send(encode_chunk(data) if self._chunked else data)

    def end(self, trailers: EndOfMessage) -> None:
        """The request is complete."""
        if self._chunked:
            self._send(encode_last_chunk(trailers.trailers))
        self._complete = True

    def abandon(self) -> None:
        """The client left in mid body: the copy cannot be completed."""
        if not self._complete:
            self._drop()

    def compare(self, status: int, size: int) -> None:
        """The client got an answer of `status` with a body of `size` bytes, -1 where a policy has changed that."""
        if self._original is None:
            self._original = status, size
            self._judge()

    def _judge(self) -> None:
        """Count how the two answers differ, once both are known; a copy that was given up is never."""
        if self._original is None or self._upstream is not None or self._lease is not None or not self._status:
            return
        status, size = self._original
        if status != self._status:
            slot = metrics.MIRRORS_OTHER_STATUS
        elif size not in (-1, self._size):
            slot = metrics.MIRRORS_OTHER_SIZE
        else:
            slot = metrics.MIRRORS_SAME
        self._service.ledger.add(slot)

    def _send(self, data: bytes) -> None:
        upstream = self._upstream
        bound = self._service.settings.buffer_bytes_per_connection
        if upstream is not None:
            if upstream.transport.get_write_buffer_size() > 4 * bound:
                self._drop()
                return
            upstream.transport.write(data)
        elif self._lease is not None:
            self._outgoing_bytes += len(data)
            if self._outgoing_bytes > bound:
                self._drop()
                return
            self._outgoing.append(data)

    def upstream_ready(self, connection: UpstreamConnection) -> None:
        self._upstream = connection
        connection.user = self
        connection.begin(self._method)
        connection.transport.writelines(self._outgoing)
        self._outgoing = []
        self._service.ledger.add(metrics.MIRRORED)

    def connect_failed(self, error: WeirError) -> None:
        self._drop(endpoint_failed=True)

    def upstream_events(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, bytes):
                self._size += len(event)
            elif isinstance(event, ResponseHead):
                if event.status == 101:
                    self._drop()
                    return
                self._status = event.status
                if self._lease is not None and event.status >= 200:
                    self._lease.answered(event.status)
            elif isinstance(event, EndOfMessage):
                self._done(reusable=self._complete)
                return

    def upstream_bytes(self, data: bytes) -> None:
        self._drop()

    def upstream_closed_writing(self) -> None:
        self._drop()

    def upstream_failed(self, error: WeirError) -> None:
        self._upstream = None
        self._drop(endpoint_failed=True)

    def defect_met(self) -> None:
        self._drop()

    def upstream_writable(self, *, writable: bool) -> None:
        """Nobody is paused for a copy: `_send` gives it up instead."""

    def timer_fired(self, timer: object) -> None:
        self._drop()

    def _done(self, *, reusable: bool) -> None:
        upstream, self._upstream = self._upstream, None
        if upstream is not None and self._pool is not None:
            if reusable and upstream.codec.keep_alive:
                self._pool.release(upstream)
            else:
                self._pool.dispose(upstream)
        self._finish()
        self._judge()

    def _drop(self, *, endpoint_failed: bool = False) -> None:
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.abort()
        elif self._pool is not None:
            self._pool.cancel(self)
        self._service.ledger.add(metrics.MIRRORS_DROPPED)
        self._status = 0
        if self._lease is not None and endpoint_failed:
            self._lease.fail()
        self._finish()

    def _finish(self) -> None:
        self._timer.discard()
        self._outgoing = []
        self._complete = True
        if self._lease is not None:
            self._lease.finish()
            self._lease = None
