"""The bound on a route's bodies."""

from __future__ import annotations

from config.resources.scalars import Quantity
from policies.bounds.body_bytes import compile_body_bytes
from tests.support.subjects import environment, subject


def test_it_says_the_largest_body_and_lets_the_request_go_on() -> None:
    asking = subject()
    assert asking.body_bytes is None
    compile_body_bytes(Quantity("2Mi"), environment()).decide(asking)
    assert asking.body_bytes == 2 << 20
