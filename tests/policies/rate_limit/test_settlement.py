"""What limits do when a request is over, however it ended."""

from __future__ import annotations

import pytest

from config.resources.rate_limit import RateLimit
from policies.rate_limit.counters import FreshCounters
from policies.rate_limit.limit import Limit
from policies.rate_limit.meter import Meter
from policies.rate_limit.settlement import MAX_HEADER_COST, Settlement, header_cost
from tests.support.subjects import environment, request


class Noting(FreshCounters):
    """Notes what it is charged and given back."""

    def __init__(self) -> None:
        self.charged: list[int] = []
        self.left: list[int] = []

    def charge(self, meter: Meter, key: bytes, cost: int) -> None:
        self.charged.append(cost)

    def leave(self, place: int) -> None:
        self.left.append(place)


def limit(**fields: object) -> Limit:
    return Limit(RateLimit.model_validate({"name": "a", **fields}), environment())


RATE = {"requests": 10, "per": "1s"}


def test_bodies_are_charged_once() -> None:
    noting = Noting()
    settlement = Settlement(limit(rate=RATE, cost={"bodyBytes": True}), noting, bytes(16))
    settlement.finished(100, 23)
    settlement.finished(100, 23)
    assert noting.charged == [123]


@pytest.mark.parametrize(("lines", "cost"), [(["x-cost: 7"], 7), ([], 1), (["x-cost: much"], 1)])
def test_a_header_of_the_answer_is_charged(lines: list[str], cost: int) -> None:
    noting = Noting()
    settlement = Settlement(limit(rate=RATE, cost={"header": "X-Cost"}), noting, bytes(16))
    settlement.answered(request(*lines))
    settlement.finished(100, 23)
    assert noting.charged == [cost]


def test_a_place_is_given_back_once() -> None:
    noting = Noting()
    settlement = Settlement(limit(concurrency=2), noting, bytes(16), 5)
    settlement.finished(0, 0)
    settlement.cancel()
    assert (noting.left, noting.charged) == ([5], [])


def test_what_was_refused_after_all_is_not_charged() -> None:
    noting = Noting()
    settlement = Settlement(limit(rate=RATE, cost={"bodyBytes": True}), noting, bytes(16))
    settlement.cancel()
    settlement.finished(1, 1)
    assert noting.charged == []


@pytest.mark.parametrize(
    ("field", "cost"),
    [
        (None, 1),
        (b"", 1),
        (b" 12 ", 12),
        (b"0", 0),
        (b"-5", 1),
        (b"1e9", 1),
        (b"\xb2", 1),
        (b"00000000000012", 12),
        (b"9" * 5000, MAX_HEADER_COST),
        (b"9999999", MAX_HEADER_COST),
    ],
)
def test_only_numbers_are_costs_and_none_is_boundless(field: bytes | None, cost: int) -> None:
    assert header_cost(field) == cost
