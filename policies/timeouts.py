"""The time bounds of one route: its own where it has them, else those of the process."""

from __future__ import annotations

from dataclasses import dataclass

from config.snapshot import RouteTimeouts


@dataclass(frozen=True)
class Timeouts:
    """Seconds; 0.0 is no bound. `request_s` spans the exchange, `backend_request_s` one try at one endpoint."""

    request_s: float
    backend_request_s: float


def timeouts_of(route: RouteTimeouts, *, request_s: float, backend_request_s: float) -> Timeouts:
    """The route's timeouts over the defaults; the backend's time never outlasts the whole (GEP-1742)."""
    whole_s = request_s if route.request_s is None else route.request_s
    part_s = backend_request_s if route.backend_request_s is None else route.backend_request_s
    if whole_s and part_s > whole_s:
        part_s = whole_s
    return Timeouts(whole_s, part_s)
