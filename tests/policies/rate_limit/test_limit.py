"""A limit of a policy compiled: whom it is about, and what it allows."""

from __future__ import annotations

from dataclasses import replace

from config.resources.rate_limit import RateLimit
from policies.rate_limit.limit import Limit
from tests.support.subjects import environment, subject

RATE = {"requests": 10, "per": "1s"}


def limit(policy: str = "shop/p", **fields: object) -> Limit:
    spec = RateLimit.model_validate({"name": "a", "rate": RATE, **fields})
    return Limit(spec, replace(environment(), policy=policy))


def test_concerns_those_of_whom_its_condition_holds_and_who_are_not_exempt() -> None:
    made = limit(when="tier=gold", exempt=["10.0.0.0/8"])
    request, inside = subject(), subject(address="10.1.2.3")
    assert not made.concerns(request)
    request.tags["tier"] = inside.tags["tier"] = "gold"
    assert made.concerns(request)
    assert not made.concerns(inside)


def test_limits_of_other_policies_are_counted_apart_and_other_figures_are_not() -> None:
    assert limit().parts(subject()) != limit("shop/q").parts(subject())
    assert limit().parts(subject()) == limit(rate={"requests": 99, "per": "1h"}, burst=7).parts(subject())


def test_costs_that_are_known_afterwards_are_deferred() -> None:
    costs: tuple[dict[str, object], ...] = ({}, {"fixed": 5}, {"header": "x-cost"}, {"bodyBytes": True})
    meters = [limit(cost=cost).meter for cost in costs]
    assert [meter is not None and meter.deferred for meter in meters] == [False, False, True, True]


def test_a_bound_on_how_many_has_no_meter() -> None:
    made = limit(rate=None, concurrency=5)
    assert (made.meter, made.concurrency) == (None, 5)
