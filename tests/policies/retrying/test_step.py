"""The `retry` of a TrafficPolicy as a step."""

from __future__ import annotations

from config.resources.traffic_policy import Retry
from policies.retrying.step import compile_retry
from tests.support.subjects import environment, subject


def test_every_request_gets_the_one_plan() -> None:
    step = compile_retry(Retry.model_validate({"attempts": 3, "on": ["reset"]}), environment())
    one, two = subject(), subject(method="POST")
    step.decide(one)
    step.decide(two)
    assert one.retry is not None and one.retry is two.retry
    assert one.retry.attempts == 3
