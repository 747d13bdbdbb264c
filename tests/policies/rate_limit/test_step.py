"""Limits asked in their order, with real counters of one process and a clock that the test moves."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from config.resources.rate_limit import RateLimit
from gateway.hot.flight_table import FlightTable
from gateway.hot.ledger import Ledger
from gateway.hot.rate_table import RateTable
from gateway.rate_limits.node_counters import NodeCounters
from gateway.telemetry import metrics
from policies.rate_limit.counters import Event
from policies.rate_limit.shared_meter import StoreQuestion
from policies.rate_limit.step import RateLimitStep, compile_rate_limits
from policies.subject import Subject
from policies.verdict import Ask, Delay, Denial, Verdict
from tests.support.shared_limits import CommandedStore, counters, unshared
from tests.support.stopped_clock import StoppedClock
from tests.support.subjects import environment, subject

RATE = {"requests": 2, "per": "1h"}
USER = [{"header": "x-user"}]


class Node:
    """Counters of one worker, and steps over them."""

    def __init__(self, store: CommandedStore | None = None) -> None:
        self.ledger, self.clock = Ledger.private(), StoppedClock()
        self.shared = counters(self.clock, store) if store is not None else unshared(self.clock)
        rates, flights = RateTable.private(), FlightTable.private()
        self.counters = NodeCounters(self.clock, rates, flights, self.ledger, self.shared)

    def step(self, *limits: dict[str, object]) -> RateLimitStep:
        specs = tuple(RateLimit.model_validate(limit) for limit in limits)
        made = compile_rate_limits(specs, replace(environment(), policy="shop/p", counters=self.counters))
        assert made is not None
        return made

    async def through(self, step: RateLimitStep, request: Subject) -> Verdict | None:
        """The verdict once the store has said all that it is asked."""
        verdict = step.decide(request)
        while isinstance(verdict, Ask):
            assert isinstance(verdict.question, StoreQuestion)
            verdict = step.resume(request, await self.shared.answer(verdict.question))
        return verdict

    def count(self, event: Event) -> int:
        return self.ledger.value(metrics.RATE_LIMITED[event])


def told(request: Subject) -> dict[str, str]:
    pairs = (line.decode().strip().partition(": ") for line in request.response_lines)
    return {name: value for name, _, value in pairs}


async def test_no_limits_are_no_step() -> None:
    assert compile_rate_limits((), environment()) is None


async def test_refuses_what_is_too_much_and_tells_when_to_come_again() -> None:
    node = Node()
    step = node.step({"name": "a", "key": USER, "rate": RATE})
    assert step.decide(subject("x-user: alice")) is None
    request = subject("x-user: alice")
    assert step.decide(request) is None
    assert told(request) == {"ratelimit-policy": '"a";q=2;w=3600', "ratelimit": '"a";r=0;t=3600'}
    refused = subject("x-user: alice")
    denial = step.decide(refused)
    assert isinstance(denial, Denial)
    assert (denial.status, denial.reason, denial.lines) == (429, "limit a", (b"retry-after: 1800\r\n",))
    assert told(refused)["ratelimit"] == '"a";r=0;t=3600'
    assert step.decide(subject("x-user: bob")) is None
    assert (node.count(Event.ADMITTED), node.count(Event.REFUSED)) == (3, 1)


async def test_what_one_limit_refuses_no_other_is_charged_for() -> None:
    node = Node()
    step = node.step({"name": "all", "rate": {"requests": 3, "per": "1h"}}, {"name": "user", "key": USER, "rate": RATE})
    said = [step.decide(subject("x-user: alice")) for _ in range(4)]
    assert [verdict is None for verdict in said] == [True, True, False, False]
    # The two that `user` refused left one of `all`.
    request = subject("x-user: bob")
    assert step.decide(request) is None
    assert told(request)["ratelimit"].startswith('"all";r=0;t=3600, "user";r=1')
    assert isinstance(step.decide(subject("x-user: carol")), Denial)


async def test_a_limit_that_does_not_enforce_is_counted_and_noted_and_not_told() -> None:
    node = Node()
    step = node.step({"name": "a", "rate": RATE, "enforce": False})
    requests = [subject() for _ in range(3)]
    assert [step.decide(request) for request in requests] == [None, None, None]
    assert [request.would_deny for request in requests] == [[], [], [("rateLimits", "limit a")]]
    assert requests[2].response_lines == []
    assert (node.count(Event.WOULD), node.count(Event.REFUSED)) == (1, 0)


async def test_whoever_may_wait_is_held_up_until_its_turn() -> None:
    node = Node()
    step = node.step({"name": "a", "rate": {"requests": 10, "per": "1s"}, "burst": 0, "maxDelay": "150ms"})
    assert step.decide(subject()) is None
    delay = step.decide(subject())
    assert isinstance(delay, Delay)
    assert delay.seconds == 0.1
    assert isinstance(step.decide(subject()), Denial)
    assert node.count(Event.DELAYED) == 1


async def test_so_many_at_once_and_a_place_for_who_comes_when_one_is_over() -> None:
    node = Node()
    step = node.step({"name": "a", "key": USER, "concurrency": 2})
    requests = [subject("x-user: alice") for _ in range(3)]
    said = [step.decide(request) for request in requests]
    assert [isinstance(verdict, Denial) for verdict in said] == [False, False, True]
    assert told(requests[0])["ratelimit"] == '"a";r=1'
    assert isinstance(said[2], Denial)
    assert said[2].lines == (b"retry-after: 1\r\n",)
    for settlement in requests[0].settlements:
        settlement.finished(0, 0)
    assert step.decide(subject("x-user: alice")) is None


async def test_a_place_is_given_back_where_another_limit_refuses() -> None:
    node = Node()
    step = node.step({"name": "once", "concurrency": 1}, {"name": "a", "rate": {"requests": 0, "per": "1s"}})
    assert [isinstance(step.decide(subject()), Denial) for _ in range(3)] == [True, True, True]
    assert node.step({"name": "once", "concurrency": 1}).decide(subject()) is None


async def test_what_answers_cost_is_charged_when_they_are_over() -> None:
    node = Node()
    step = node.step({"name": "a", "rate": {"requests": 1000, "per": "1s"}, "cost": {"bodyBytes": True}})
    request = subject()
    assert step.decide(request) is None
    assert told(request)["ratelimit"].startswith('"a";r=1000')
    request.settlements[0].finished(100, 2900)
    assert isinstance(step.decide(subject()), Denial)
    node.clock.advance(2.5)
    assert step.decide(subject()) is None


async def test_changed_figures_keep_what_was_counted() -> None:
    node = Node()
    step = node.step({"name": "a", "rate": RATE})
    assert [step.decide(subject()) is None for _ in range(3)] == [True, True, False]
    assert isinstance(node.step({"name": "a", "rate": {"requests": 4, "per": "1h"}}).decide(subject()), Denial)
    node.clock.advance(1800)
    step = node.step({"name": "a", "rate": {"requests": 4, "per": "1h"}})
    assert [step.decide(subject()) is None for _ in range(3)] == [True, True, False]


SHARED = {"name": "all", "key": USER, "rate": {"requests": 100, "per": "1h"}, "scope": "Global"}


async def test_a_shared_limit_asks_the_store_and_then_goes_by_what_it_has_leased() -> None:
    store = CommandedStore(15)
    node = Node(store)
    step = node.step({"name": "first", "rate": {"requests": 50, "per": "1h"}}, SHARED, {"name": "a", "concurrency": 50})
    request = subject("x-user: alice")
    assert isinstance(step.decide(request), Ask)
    verdicts = [await node.through(step, subject("x-user: alice")) for _ in range(20)]
    assert [verdict is None for verdict in verdicts] == [True] * 15 + [False] * 5
    assert len(store.asked) < 8
    # Those that it refused were given back to the limit before it: there is room for 50 - 16 others.
    others = [node.step({"name": "first", "rate": {"requests": 50, "per": "1h"}}).decide(subject()) for _ in range(40)]
    assert [verdict is None for verdict in others] == [True] * 34 + [False] * 6


async def test_a_request_that_another_limit_refuses_gives_its_unit_back_to_the_lease() -> None:
    store = CommandedStore(1)
    node = Node(store)
    step = node.step(SHARED, {"name": "none", "when": "tier=tin", "rate": {"requests": 0, "per": "1s"}})
    tin = subject("x-user: alice")
    tin.tags["tier"] = "tin"
    assert isinstance(await node.through(step, tin), Denial)
    assert await node.through(step, subject("x-user: alice")) is None


@pytest.mark.parametrize(
    ("on_failure", "status", "event"),
    [
        ("Allow", [0, 0, 0], Event.STORE_ALLOWED),
        ("Deny", [503, 503, 503], Event.STORE_DENIED),
        ("Node", [0, 0, 429], Event.STORE_NODE),
    ],
)
async def test_without_the_store_each_limit_has_an_answer_of_its_own(
    on_failure: str, status: list[int], event: Event
) -> None:
    store = CommandedStore(100)
    store.failing = True
    node = Node(store)
    step = node.step({**SHARED, "rate": RATE, "onStoreFailure": on_failure})
    verdicts = [await node.through(step, subject("x-user: alice")) for _ in range(3)]
    assert [verdict.status if isinstance(verdict, Denial) else 0 for verdict in verdicts] == status
    assert node.count(event) == 3


async def test_costs_of_answers_are_charged_to_the_store() -> None:
    store = CommandedStore(1000)
    node = Node(store)
    step = node.step({**SHARED, "cost": {"bodyBytes": True}})
    request = subject("x-user: alice")
    assert await node.through(step, request) is None
    assert store.units == 1000
    request.settlements[0].finished(300, 400)
    for _ in range(5):
        await asyncio.sleep(0)
    assert store.units == 300
