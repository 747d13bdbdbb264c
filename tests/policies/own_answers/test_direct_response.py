"""One answer for all."""

from __future__ import annotations

from config.resources.backend_policy import DirectResponse
from policies.own_answers.direct_response import compile_direct_response
from tests.support.subjects import environment, subject


def test_every_request_has_the_same_answer() -> None:
    step = compile_direct_response(DirectResponse(status=200, body="hello"), environment())
    for method in ("GET", "POST"):
        answer = step.decide(subject(method=method))
        assert (answer.status, answer.body) == (200, b"hello")
