"""What is left to do for a limit when a request is over: to charge what it cost, or to give its place back."""

from __future__ import annotations

from typing import Protocol

from policies.rate_limit.counters import Counters
from policies.rate_limit.limit import Limit

MAX_HEADER_COST = 1_000_000
"""As of a fixed cost: an endpoint that names more is taken to mean this."""
_MAX_DIGITS = 7


class AnswerHead(Protocol):
    """The head of an endpoint's answer."""

    def get(self, name: bytes, /) -> bytes | None:
        """The first field of that name, in lower case."""


class Settlement:
    """Settled once; what is not answered by an endpoint costs what its bodies do, by a header 1."""

    __slots__ = ("_cost", "_counters", "_key", "_limit", "_place", "_settled")

    def __init__(self, limit: Limit, counters: Counters, key: bytes, place: int = -1) -> None:
        """`key` is that of the limit; of one that all gateways share, the parts that it is made of."""
        self._limit = limit
        self._counters = counters
        self._key = key
        self._place = place
        self._cost = limit.cost
        self._settled = False

    def answered(self, head: AnswerHead) -> None:
        """The head of the final answer is there."""
        name = self._limit.cost_header
        if name:
            self._cost = header_cost(head.get(name))

    def finished(self, bytes_in: int, bytes_out: int) -> None:
        """The request is over, however it ended; so many octets of bodies went each way."""
        if self._settled:
            return
        self._settled = True
        if self._place >= 0:
            self._counters.leave(self._place)
        cost = bytes_in + bytes_out if self._limit.body_bytes else self._cost
        if self._limit.shared is not None:
            self._counters.charge_shared(self._limit.shared, self._key, cost)
        elif self._limit.meter is not None:
            self._counters.charge(self._limit.meter, self._key, cost)

    def cancel(self) -> None:
        """The request was refused after all: nothing is charged."""
        if not self._settled:
            self._settled = True
            if self._place >= 0:
                self._counters.leave(self._place)


def header_cost(field: bytes | None) -> int:
    """The number in the field of an answer; 1 where there is none, or what is there is no number."""
    digits = field.strip() if field is not None else b""
    if not digits.isdigit():
        return 1
    return MAX_HEADER_COST if len(digits.lstrip(b"0")) > _MAX_DIGITS else min(int(digits), MAX_HEADER_COST)
