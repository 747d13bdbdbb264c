"""The tag that endpoint selection follows."""

from __future__ import annotations

from config.resources.traffic_policy import Lane
from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject


class LaneStep(Step):
    """Names the tag; whoever picks an endpoint looks at its value, however late it is set."""

    __slots__ = ("_lane",)
    name = "lane"

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    def decide(self, subject: Subject) -> None:
        subject.lane = self._lane


def compile_lane(lane: Lane, _: Environment) -> LaneStep:
    """Keeps a request to the endpoints that have its tag, where the backend's policy names no subset."""
    return LaneStep(lane)
