"""What a backend is given at once by this worker: connections, requests, requests that wait, retries, and their bounds.

The bounds of a policy are the node's; each worker holds its share of them, rounded up, so that no worker asks another
before a request. Every test is a comparison of two numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.resources.backend_policy import CircuitBreaker
    from gateway.upstream.pool import EndpointPool

UNBOUNDED = 1 << 62


def share_of(bound: int | None, workers: int) -> int:
    """One worker's part of `bound`; what is bound at all is never less than one, but for 0."""
    return UNBOUNDED if bound is None else -(-bound // workers)


class BackendShare:
    """Counts of one backend in one worker, and the most that each may be."""

    __slots__ = (
        "all_pools",
        "connections",
        "max_connections",
        "max_pending",
        "max_requests",
        "max_retries",
        "pending",
        "pools",
        "requests",
        "retries",
    )

    def __init__(self) -> None:
        self.connections = 0
        self.pending = 0
        self.requests = 0
        self.retries = 0
        self.max_connections = UNBOUNDED
        self.max_pending = UNBOUNDED
        self.max_requests = UNBOUNDED
        self.max_retries = UNBOUNDED
        self.all_pools: Mapping[tuple[str, int], EndpointPool] = {}
        """Those of the backend's endpoints."""
        self.pools: list[EndpointPool] = []
        """Those that have asked for a connection and got none, as the backend has all that it may have."""

    def configure(self, policy: CircuitBreaker | None, workers: int) -> None:
        """Take the bounds of a policy, which is None where there are none."""
        self.max_connections = share_of(None if policy is None else policy.max_connections, workers)
        self.max_pending = share_of(None if policy is None else policy.max_pending_requests, workers)
        self.max_requests = share_of(None if policy is None else policy.max_requests, workers)
        self.max_retries = share_of(None if policy is None else policy.max_retries, workers)
        self.serve_waiting()

    def wait(self, pool: EndpointPool) -> None:
        """`pool` wants a connection and there is no room for one."""
        if pool not in self.pools:
            self.pools.append(pool)
        # One that idles elsewhere makes room as soon as it is closed.
        for other in self.all_pools.values():
            if other.evict_oldest():
                break

    def connection_gone(self) -> None:
        """A connection is closed, or did not come about."""
        self.connections -= 1
        if self.pools:
            self.serve_waiting()

    def serve_waiting(self) -> None:
        """Let those that found no room ask again, the longest waiting first."""
        pools, self.pools = self.pools, []
        for pool in pools:
            pool.ask_again()

    def describe(self) -> dict[str, int]:
        """Numbers for the API."""
        return {
            "connections": self.connections,
            "pending": self.pending,
            "requests": self.requests,
            "retries": self.retries,
        }
