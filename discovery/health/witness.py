"""What a worker makes of the failures that it sees: tells of so many in a row at once, and of rates when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from config.resources.backend_policy import OutlierDetection
from discovery.lease import EndpointState

MOST_DOUBLINGS = 16

Report = Callable[[str, str, str], None]
"""Gets the backend, the id of the endpoint and the cause (of `outlier.CAUSES`)."""


class RowWitness:
    """Of one backend. It is called for failures alone, so that a request that goes well costs it nothing.

    A row that was told, and goes on as nothing came of it, is told again at twice its length, four times, and so on: an
    endpoint that must stay, and fails ten thousand requests a second, is worth a few messages.
    """

    def __init__(self, backend: str, detection: OutlierDetection, report: Report) -> None:
        self._backend = backend
        self._report = report
        self._limits = (
            (detection.consecutive_gateway_errors, "consecutiveGatewayErrors"),
            (detection.consecutive_5xx or 0, "consecutive5xx"),
            (detection.consecutive_local_failures, "consecutiveLocalFailures"),
        )
        self._told: dict[str, tuple[EndpointState, int, int]] = {}

    def failed(self, state: EndpointState) -> None:
        """One more failure is counted in `state`."""
        rows = state.row_gateway, state.row_5xx, state.row_failures
        for row, (limit, cause) in zip(rows, self._limits, strict=True):
            if 0 < limit << state.row_told <= row:
                state.row_told = min(state.row_told + 1, MOST_DOUBLINGS)
                self._report(self._backend, state.endpoint.id, cause)
                return

    def count(self, states: Iterable[EndpointState]) -> dict[str, tuple[int, int]]:
        """Requests that ended and faults since the last time, by id, of the endpoints that had any requests."""
        before, self._told = self._told, {}
        seen: dict[str, tuple[int, int]] = {}
        for state in states:
            identity, ended = state.endpoint.id, state.picked - state.active
            known, ended_before, faults_before = before.get(identity, (state, 0, 0))
            if known is not state:
                ended_before = faults_before = 0
            self._told[identity] = state, ended, state.faults
            requests = ended - ended_before
            if requests > 0:
                # A fault may be seen before its request has ended.
                seen[identity] = requests, min(requests, state.faults - faults_before)
        return seen
