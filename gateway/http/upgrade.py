"""After a 101, or a 2xx to CONNECT: two pumps of raw bytes, with backpressure and half-close both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.codec.http1 import Event
from gateway.errors import ClientGone, UpstreamReset, WeirError
from gateway.telemetry import metrics
from gateway.upstream.http1_client import HOLD_CLIENT

if TYPE_CHECKING:
    from gateway.http.downstream import Downstream
    from gateway.http.exchange import Exchange
    from gateway.upstream.http1_client import UpstreamConnection


class Tunnel:
    """Both connections of an exchange that has switched protocols. It ends when both sides closed, or either broke."""

    __slots__ = ("_client_open", "_downstream", "_exchange", "_upstream", "_upstream_open")

    def __init__(self, exchange: Exchange, downstream: Downstream, upstream: UpstreamConnection) -> None:
        self._exchange = exchange
        self._downstream = downstream
        self._upstream = upstream
        self._client_open = True
        self._upstream_open = True
        upstream.user = self
        self._touch()

    # --- from the client -----------------------------------------------------------------------------------------

    def client_bytes(self, data: bytes) -> None:
        self._touch()
        exchange = self._exchange
        exchange.body_bytes += len(data)
        if exchange.pace is not None:
            exchange.pace.received(len(data))
        self._upstream.transport.write(data)

    def client_closed_writing(self) -> None:
        self._client_open = False
        if not self._upstream_open:
            self.end(None)
        else:
            self._upstream.transport.write_eof()

    def client_writable(self, *, writable: bool) -> None:
        if not self._upstream_open:
            return
        if writable:
            self._upstream.resume_reading(HOLD_CLIENT)
        else:
            self._upstream.pause_reading(HOLD_CLIENT)

    def client_gone(self) -> None:
        self.end(ClientGone("the client closed its upgraded connection"))

    def defect_met(self) -> None:
        self._exchange.defect_met()

    # --- from the endpoint ---------------------------------------------------------------------------------------

    def upstream_events(self, events: list[Event]) -> None:
        raise AssertionError("a tunnelled connection parses nothing")

    def upstream_bytes(self, data: bytes) -> None:
        self._touch()
        exchange = self._exchange
        exchange.sent_bytes += len(data)
        if exchange.pace is not None:
            exchange.pace.answered(len(data))
        self._downstream.write(data)

    def upstream_closed_writing(self) -> None:
        self._upstream_open = False
        if not self._client_open:
            self.end(None)
        else:
            self._downstream.transport.write_eof()

    def upstream_failed(self, error: WeirError) -> None:
        # Both directions are lost, but what was written to the client before still goes out: close, not abort.
        self.end(error if isinstance(error, UpstreamReset) and error.drained else None)

    def upstream_writable(self, *, writable: bool) -> None:
        self._exchange.upstream_writable(writable=writable)

    def _touch(self) -> None:
        self._downstream.idle_timer.set(self._downstream.service.settings.stream_idle_timeout_s)

    def end(self, error: WeirError | None) -> None:
        """Both connections are done, `error` says why where it is not their own will."""
        self._downstream.idle_timer.unset()
        self._downstream.service.ledger.add(metrics.TUNNELS_ACTIVE, -1)
        self._exchange.tunnel_ended(error)
