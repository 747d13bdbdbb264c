"""The lane of a request."""

from __future__ import annotations

from config.resources.traffic_policy import Lane
from policies.tags.lane import compile_lane
from tests.support.subjects import environment, subject


def test_the_lane_is_noted_for_whoever_picks_an_endpoint() -> None:
    asking, lane = subject(), Lane(tag="version", fallback="None")
    compile_lane(lane, environment()).decide(asking)
    assert asking.lane is lane
