"""The time that a request and each of its tries may take, in the place of the route's."""

from __future__ import annotations

from config.resources.traffic_policy import PolicyTimeouts
from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject


class Times(Step):
    """Sets the bounds, in seconds; None leaves the route's, 0.0 is no bound."""

    __slots__ = ("_backend_request_s", "_request_s")
    name = "timeouts"

    def __init__(self, request_s: float | None, backend_request_s: float | None) -> None:
        self._request_s = request_s
        self._backend_request_s = backend_request_s

    def decide(self, subject: Subject) -> None:
        subject.request_s = self._request_s
        subject.backend_request_s = self._backend_request_s


def compile_times(timeouts: PolicyTimeouts, _: Environment) -> Times | None:
    """Bounds the time of a request and of each of its tries."""
    if timeouts.request is None and timeouts.backend_request is None:
        return None
    return Times(
        None if timeouts.request is None else timeouts.request.seconds,
        None if timeouts.backend_request is None else timeouts.backend_request.seconds,
    )
