"""Limits asked in their order, with real counters of one process and a clock that the test moves."""

from __future__ import annotations

from dataclasses import replace

from config.resources.rate_limit import RateLimit
from gateway.hot.flight_table import FlightTable
from gateway.hot.ledger import Ledger
from gateway.hot.rate_table import RateTable
from gateway.rate_limits.node_counters import NodeCounters
from gateway.telemetry import metrics
from policies.rate_limit.counters import Event
from policies.rate_limit.step import RateLimitStep, compile_rate_limits
from policies.subject import Subject
from policies.verdict import Delay, Denial
from tests.support.stopped_clock import StoppedClock
from tests.support.subjects import environment, subject

RATE = {"requests": 2, "per": "1h"}
USER = [{"header": "x-user"}]


class Node:
    """Counters of one worker, and steps over them."""

    def __init__(self) -> None:
        self.ledger, self.clock = Ledger.private(), StoppedClock()
        self.counters = NodeCounters(self.clock, RateTable.private(), FlightTable.private(), self.ledger)

    def step(self, *limits: dict[str, object]) -> RateLimitStep:
        specs = tuple(RateLimit.model_validate(limit) for limit in limits)
        made = compile_rate_limits(specs, replace(environment(), policy="shop/p", counters=self.counters))
        assert made is not None
        return made

    def count(self, event: Event) -> int:
        return self.ledger.value(metrics.RATE_LIMITED[event])


def told(request: Subject) -> dict[str, str]:
    pairs = (line.decode().strip().partition(": ") for line in request.response_lines)
    return {name: value for name, _, value in pairs}


def test_no_limits_are_no_step() -> None:
    assert compile_rate_limits((), environment()) is None


def test_refuses_what_is_too_much_and_tells_when_to_come_again() -> None:
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


def test_what_one_limit_refuses_no_other_is_charged_for() -> None:
    node = Node()
    step = node.step({"name": "all", "rate": {"requests": 3, "per": "1h"}}, {"name": "user", "key": USER, "rate": RATE})
    said = [step.decide(subject("x-user: alice")) for _ in range(4)]
    assert [verdict is None for verdict in said] == [True, True, False, False]
    # The two that `user` refused left one of `all`.
    request = subject("x-user: bob")
    assert step.decide(request) is None
    assert told(request)["ratelimit"].startswith('"all";r=0;t=3600, "user";r=1')
    assert isinstance(step.decide(subject("x-user: carol")), Denial)


def test_a_limit_that_does_not_enforce_is_counted_and_noted_and_not_told() -> None:
    node = Node()
    step = node.step({"name": "a", "rate": RATE, "enforce": False})
    requests = [subject() for _ in range(3)]
    assert [step.decide(request) for request in requests] == [None, None, None]
    assert [request.would_deny for request in requests] == [[], [], [("rateLimits", "limit a")]]
    assert requests[2].response_lines == []
    assert (node.count(Event.WOULD), node.count(Event.REFUSED)) == (1, 0)


def test_whoever_may_wait_is_held_up_until_its_turn() -> None:
    node = Node()
    step = node.step({"name": "a", "rate": {"requests": 10, "per": "1s"}, "burst": 0, "maxDelay": "150ms"})
    assert step.decide(subject()) is None
    delay = step.decide(subject())
    assert isinstance(delay, Delay)
    assert delay.seconds == 0.1
    assert isinstance(step.decide(subject()), Denial)
    assert node.count(Event.DELAYED) == 1


def test_so_many_at_once_and_a_place_for_who_comes_when_one_is_over() -> None:
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


def test_a_place_is_given_back_where_another_limit_refuses() -> None:
    node = Node()
    step = node.step({"name": "once", "concurrency": 1}, {"name": "a", "rate": {"requests": 0, "per": "1s"}})
    assert [isinstance(step.decide(subject()), Denial) for _ in range(3)] == [True, True, True]
    assert node.step({"name": "once", "concurrency": 1}).decide(subject()) is None


def test_what_answers_cost_is_charged_when_they_are_over() -> None:
    node = Node()
    step = node.step({"name": "a", "rate": {"requests": 1000, "per": "1s"}, "cost": {"bodyBytes": True}})
    request = subject()
    assert step.decide(request) is None
    assert told(request)["ratelimit"].startswith('"a";r=1000')
    request.settlements[0].finished(100, 2900)
    assert isinstance(step.decide(subject()), Denial)
    node.clock.advance(2.5)
    assert step.decide(subject()) is None


def test_changed_figures_keep_what_was_counted() -> None:
    node = Node()
    step = node.step({"name": "a", "rate": RATE})
    assert [step.decide(subject()) is None for _ in range(3)] == [True, True, False]
    assert isinstance(node.step({"name": "a", "rate": {"requests": 4, "per": "1h"}}).decide(subject()), Denial)
    node.clock.advance(1800)
    step = node.step({"name": "a", "rate": {"requests": 4, "per": "1h"}})
    assert [step.decide(subject()) is None for _ in range(3)] == [True, True, False]
