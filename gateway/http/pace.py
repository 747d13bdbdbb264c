"""Octets per second of one exchange: whoever sends more is not read for a while, and is slowed by TCP itself.

Nothing is kept back here, so that there is no queue to bound: reads are made small, and what one brought is passed on.
"""

from __future__ import annotations

from asyncio import TimerHandle
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.upstream.http1_client import HOLD_PACE
from policies.bandwidth.gate import Gate, OwnGate

if TYPE_CHECKING:
    from gateway.http.exchange import Exchange
    from policies.bandwidth.step import Bounds

READS_PER_S = 8
"""A read takes an eighth of a second's octets, so that what a slow client gets comes evenly."""
LEAST_READ_BYTES = 1024


class Pace:
    """Both directions of an exchange under `bounds`; the gates of its connection outlive it."""

    __slots__ = ("_answer_gates", "_body_gates", "_exchange", "_held_answer", "_held_body", "_read_bytes")

    def __init__(self, exchange: Exchange, bounds: Bounds) -> None:
        self._exchange = exchange
        downstream = exchange.downstream
        self._answer_gates: Sequence[Gate] = bounds.answer_gates
        self._body_gates: Sequence[Gate] = bounds.body_gates
        if bounds.per_connection:
            own = downstream.gates
            if own is None or own[0].rate != bounds.per_connection:
                own = downstream.gates = OwnGate(bounds.per_connection), OwnGate(bounds.per_connection)
            self._answer_gates = (own[0], *bounds.answer_gates)
            self._body_gates = (own[1], *bounds.body_gates)
        self._read_bytes = max(LEAST_READ_BYTES, min(gate.rate for gate in self._answer_gates) // READS_PER_S)
        self._held_answer: TimerHandle | None = None
        self._held_body: TimerHandle | None = None
        downstream.limit_reads(self._read_bytes)

    def connected(self) -> None:
        """The answer will come over another connection; what the one before it owes is waited for."""
        upstream = self._exchange.upstream()
        if upstream is not None:
            upstream.limit_reads(self._read_bytes)
            if self._held_answer is not None:
                upstream.pause_reading(HOLD_PACE)
            else:
                self.answered(0)

    def answered(self, octets: int) -> None:
        """So much went to the client."""
        wait_s = self._wait_s(self._answer_gates, octets)
        if wait_s and self._held_answer is None:
            exchange = self._exchange
            upstream = exchange.upstream()
            if upstream is not None:
                upstream.pause_reading(HOLD_PACE)
                exchange.downstream.idle_timer.unset()
                self._held_answer = exchange.downstream.service.runtime.loop.call_later(wait_s, self._answer_goes_on)

    def received(self, octets: int) -> None:
        """So much came from the client."""
        wait_s = self._wait_s(self._body_gates, octets)
        if wait_s and self._held_body is None:
            downstream = self._exchange.downstream
            downstream.hold_reading()
            self._held_body = downstream.service.runtime.loop.call_later(wait_s, self._body_goes_on)

    def end(self) -> None:
        """The exchange is over."""
        if self._held_answer is not None:
            self._held_answer.cancel()
        if self._held_body is not None:
            self._held_body.cancel()
            self._body_goes_on()
        self._exchange.downstream.limit_reads(0)

    def _wait_s(self, gates: Sequence[Gate], octets: int) -> float:
        now_ns = self._exchange.downstream.service.now_ns()
        return max(gate.take(octets, now_ns) for gate in gates)

    def _answer_goes_on(self) -> None:
        self._held_answer = None
        exchange = self._exchange
        upstream = exchange.upstream()
        if upstream is not None:
            downstream = exchange.downstream
            downstream.idle_timer.set(downstream.service.settings.stream_idle_timeout_s)
            upstream.resume_reading(HOLD_PACE)

    def _body_goes_on(self) -> None:
        self._held_body = None
        self._exchange.downstream.release_reading()
