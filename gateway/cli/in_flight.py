"""Waiting until nothing runs on an endpoint any more, or until it serves again, by asking the gateway until it does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

from gateway.cli.admin_client import AdminClient, Json
from gateway.cli.failure import Failed

PATH = "/api/v1/in-flight"
STILL_IN_FLIGHT = 3
"""The exit code of a wait that ended before what it waited for."""
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0


def await_state(
    client: AdminClient,
    backend: str,
    endpoint: str,
    timeout_s: float,
    *,
    serving: bool,
    now_s: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> float:
    """The seconds until nothing was in flight there and nothing new goes there, or, with `serving`, until requests go
    there. Raises Failed after `timeout_s`, with what is left.

    The question comes to each worker behind the word that the endpoint takes no more, so a 0 stays 0.
    """
    began_s, pause_s = now_s(), FIRST_PAUSE_S
    while True:
        told = json.loads(client.get(PATH, [("backend", backend), ("endpoint", endpoint)]))
        missing = _not_serving(told) if serving else _left(told)
        waited_s = now_s() - began_s
        if not missing:
            return waited_s
        if waited_s >= timeout_s:
            raise Failed(f"{endpoint} of {backend} after {timeout_s:g} s: {missing}", STILL_IN_FLIGHT)
        pause(min(pause_s, timeout_s - waited_s))
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _not_serving(told: Mapping[str, Json]) -> str:
    return "" if told["takesRequests"] else "it takes no requests yet"


def _left(told: Mapping[str, Json]) -> str:
    """Why it may not be stopped yet; empty where it may, as every worker said."""
    if told["takesRequests"]:
        return "it still takes new requests"
    if told["inFlight"]:
        return f"{told['inFlight']} in flight; it stays as it is, and `weir backends undrain` ends a drain"
    return f"{told['silentWorkers']} worker(s) did not say what is in flight" if told["silentWorkers"] else ""
