"""The bounds on a request's times."""

from __future__ import annotations

from config.resources.traffic_policy import PolicyTimeouts
from policies.bounds.times import compile_times
from tests.support.subjects import environment, subject


def test_what_is_not_set_is_left_to_the_route() -> None:
    step = compile_times(PolicyTimeouts.model_validate({"request": "2s"}), environment())
    assert step is not None
    asking = subject()
    step.decide(asking)
    assert (asking.request_s, asking.backend_request_s) == (2.0, None)


def test_0s_switches_one_off() -> None:
    step = compile_times(PolicyTimeouts.model_validate({"backendRequest": "0s"}), environment())
    assert step is not None
    asking = subject()
    step.decide(asking)
    assert (asking.request_s, asking.backend_request_s) == (None, 0.0)


def test_times_of_streams_alone_make_no_step() -> None:
    assert compile_times(PolicyTimeouts.model_validate({"streamIdle": "1s"}), environment()) is None
