"""The failure breakers of one backend in one worker: one for all of it, or one for each of its endpoints."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gateway.errors import NoEndpoint
from gateway.hot.ledger import Ledger
from gateway.telemetry import metrics
from gateway.upstream.share import share_of
from policies.circuit_breaking.breaker import Breaker
from policies.own_answers.content import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.resources.backend_policy import CircuitBreaker, FailureBreaker
    from policies.verdict import Answer

log = logging.getLogger(__name__)


class Guard:
    """Made for a backend whose policy has a breaker. `all_closed` is whether every request may pass: the one flag that
    is read before it."""

    __slots__ = (
        "_breakers",
        "_failures",
        "_following",
        "_ledger",
        "_name",
        "_open",
        "_opened",
        "all_closed",
        "fallback",
        "per_endpoint",
        "slow_ns",
    )

    def __init__(
        self,
        name: str,
        policy: CircuitBreaker,
        failures: FailureBreaker,
        ledger: Ledger,
        workers: int = 1,
        opened: Callable[[str, str], None] | None = None,
    ) -> None:
        """`workers` share the numbers of `failures`, which are the node's; `opened` is told what others should know."""
        self._name = name
        share = {
            "threshold": share_of(failures.threshold, workers),
            "half_open_requests": share_of(failures.half_open_requests, workers),
        }
        self._failures = failures.model_copy(update=share)
        self._opened = opened
        self._following = False
        self._ledger = ledger
        self._breakers: dict[str, Breaker] = {}
        self._open: set[str] = set()
        self.all_closed = True
        self.per_endpoint = failures.per == "Endpoint"
        self.slow_ns = 0 if failures.slow_after is None else int(failures.slow_after.seconds * 1e9)
        """From how many nanoseconds to the head of its answer on a request counts as failed; 0 is never."""
        response = None if policy.fallback is None else policy.fallback.response
        self.fallback: Answer | None = None if response is None else answer_of(response)

    def admits(self, endpoint: str, now_s: float) -> int:
        """Whether a request may go to the endpoint with that id, "" for the backend: above 0 it is a probe's epoch.

        0 where it may go as any other, -1 where it may not.
        """
        breaker = self._breakers.get(endpoint if self.per_endpoint else "")
        if breaker is None or breaker.closed:
            return 0
        return breaker.admits(now_s) or -1

    def refusal(self, now_s: float, endpoint: str = "") -> NoEndpoint:
        """The error of a request that may not go to the backend, or to any endpoint; it is counted."""
        self._ledger.add(metrics.BREAKER_REFUSALS)
        breaker = self._breakers.get(endpoint if self.per_endpoint else "")
        wait_s = 0.0 if breaker is None else breaker.opens_again_s(now_s)
        return NoEndpoint(f"the breaker of backend {self._name} is open", wait_s, self.fallback)

    def observed(self, endpoint: str, epoch: int, now_s: float, *, failed: bool | None) -> None:
        """How a request to an endpoint ended; None where that says nothing about it."""
        key = endpoint if self.per_endpoint else ""
        breaker = self._breakers.get(key)
        if breaker is None:
            if failed is None:
                return
            breaker = self._made(key)
        if failed is None:
            breaker.abandoned(epoch=epoch)
        else:
            breaker.observed(now_s, failed=failed, epoch=epoch)

    def open_too(self, key: str, now_s: float) -> None:
        """Another worker opened its breaker: this one opens, where it is closed."""
        breaker = self._breakers.get(key) or self._made(key)
        if breaker.closed:
            self._following = True
            try:
                breaker.open(now_s)
            finally:
                self._following = False

    def _made(self, key: str) -> Breaker:
        breaker = self._breakers[key] = Breaker(key, self._failures, self._changed)
        return breaker

    def keep(self, endpoints: set[str]) -> None:
        """Forget endpoints that are not among these ids."""
        if self.per_endpoint:
            for gone in self._breakers.keys() - endpoints:
                del self._breakers[gone]
                self._mark(gone, is_open=False)

    def retire(self) -> None:
        """Its backend, or its policy, is no more."""
        for key in tuple(self._open):
            self._mark(key, is_open=False)

    def describe(self) -> dict[str, str]:
        """The state of each breaker that is not closed, for the API: by endpoint, or under "" for the backend."""
        return {key: self._breakers[key].state for key in sorted(self._open)}

    def _changed(self, key: str, state: str) -> None:
        log.warning("breaker of backend %s%s: %s", self._name, f" for endpoint {key}" if key else "", state)
        if state == "open":
            self._ledger.add(metrics.BREAKER_OPENINGS)
            if self._opened is not None and not self._following:
                self._opened(self._name, key)
        self._mark(key, is_open=state != "closed")

    def _mark(self, key: str, *, is_open: bool) -> None:
        if is_open == (key in self._open):
            return
        self._ledger.add(metrics.BREAKERS_OPEN, 1 if is_open else -1)
        (self._open.add if is_open else self._open.discard)(key)
        self.all_closed = not self._open
