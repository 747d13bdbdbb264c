"""The time that a request and each of its tries may take, in the place of the route's."""

from __future__ import annotations

from config.resources.traffic_policy import PolicyTimeouts
from policies.bounds.deadline import GRPC_HEADER, HEADER
from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject

_TOLD = frozenset((HEADER, GRPC_HEADER))


class Times(Step):
    """Sets the bounds, in seconds; None leaves the route's, 0.0 is no bound.

    `passes_deadline`: the endpoint is told what is left of them.
    """

    __slots__ = ("_backend_request_s", "_passes_deadline", "_request_s")
    name = "timeouts"

    def __init__(
        self, request_s: float | None, backend_request_s: float | None, *, passes_deadline: bool = False
    ) -> None:
        self._passes_deadline = passes_deadline
        self._request_s = request_s
        self._backend_request_s = backend_request_s

    def decide(self, subject: Subject) -> None:
        subject.request_s = self._request_s
        subject.backend_request_s = self._backend_request_s
        if self._passes_deadline:
            subject.passes_deadline = True
            subject.request_drop |= _TOLD


def compile_times(timeouts: PolicyTimeouts, _: Environment) -> Times | None:
    """Bounds the time of a request and of each of its tries."""
    if timeouts.request is None and timeouts.backend_request is None and not timeouts.pass_deadline:
        return None
    return Times(
        None if timeouts.request is None else timeouts.request.seconds,
        None if timeouts.backend_request is None else timeouts.backend_request.seconds,
        passes_deadline=timeouts.pass_deadline,
    )
