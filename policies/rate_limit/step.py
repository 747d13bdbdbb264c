"""The limits of a rule, asked in their order: all of them must let a request go on."""

from __future__ import annotations

from collections.abc import Sequence

from config.resources.rate_limit import RateLimit
from policies.environment import Environment
from policies.rate_limit.counters import Counters, Event
from policies.rate_limit.fields import seconds, state_item
from policies.rate_limit.limit import Limit
from policies.rate_limit.meter import Meter, Reading
from policies.rate_limit.settlement import Settlement
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Delay, Denial, Verdict

_RETRY_S = 1
"""For places, which are free again nobody knows when."""


class Passage:
    """A request on its way through limits: what it was charged so far, how long it waits, what its client is told."""

    __slots__ = ("charged", "entered", "items", "policies", "wait_ns")

    def __init__(self) -> None:
        self.charged: list[tuple[Meter, bytes, int, int]] = []
        self.entered: list[Settlement] = []
        self.policies: list[bytes] = []
        self.items: list[bytes] = []
        self.wait_ns = 0


class RateLimitStep(Step):
    """A request that one of the limits refuses is charged to none of them."""

    name = "rateLimits"
    __slots__ = ("_counters", "_limits")

    def __init__(self, limits: Sequence[Limit], counters: Counters) -> None:
        self._limits = tuple(limits)
        self._counters = counters

    def decide(self, subject: Subject) -> Verdict | None:
        """429, or a delay until its turn."""
        passage = Passage()
        for limit in self._limits:
            if limit.concerns(subject):
                ask = self._entered if limit.concurrency else self._taken
                denial = ask(limit, subject, passage)
                if denial is not None:
                    return denial
        return self._passed(subject, passage)

    def _taken(self, limit: Limit, subject: Subject, passage: Passage) -> Denial | None:
        meter, counters = limit.meter, self._counters
        assert meter is not None
        key = counters.key_of(limit.parts(subject))
        reading = counters.take(meter, key, limit.cost)
        return self._weighed(limit, meter, key, reading, subject, passage)

    def _weighed(
        self, limit: Limit, meter: Meter, key: bytes, reading: Reading, subject: Subject, passage: Passage
    ) -> Denial | None:
        counters = self._counters
        if limit.enforces:
            passage.policies.append(limit.policy_item)
            passage.items.append(state_item(limit.item, reading.remaining, reading.reset_ns))
        if not reading.admitted:
            return self._refused(limit, max(seconds(reading.wait_ns), 1), subject, passage)
        if meter.deferred:
            self._settle_later(Settlement(limit, counters, key), subject, passage)
        else:
            passage.charged.append((meter, key, limit.cost, reading.now_ns))
        counters.count(Event.ADMITTED)
        if reading.wait_ns and limit.enforces:
            passage.wait_ns = max(passage.wait_ns, reading.wait_ns)
        return None

    def _entered(self, limit: Limit, subject: Subject, passage: Passage) -> Denial | None:
        counters = self._counters
        key = counters.key_of(limit.parts(subject))
        place, left = counters.enter(key, limit.concurrency, limit.spill)
        if limit.enforces:
            passage.policies.append(limit.policy_item)
            passage.items.append(state_item(limit.item, left, 0))
        if place < 0:
            return self._refused(limit, _RETRY_S, subject, passage)
        self._settle_later(Settlement(limit, counters, key, place), subject, passage)
        counters.count(Event.ADMITTED)
        return None

    def _settle_later(self, settlement: Settlement, subject: Subject, passage: Passage) -> None:
        passage.entered.append(settlement)
        subject.settlements.append(settlement)

    def _refused(self, limit: Limit, retry_s: int, subject: Subject, passage: Passage) -> Denial | None:
        counters, reason = self._counters, f"limit {limit.name}"
        if not limit.enforces:
            counters.count(Event.WOULD)
            subject.would_deny.append((self.name, reason))
            return None
        counters.count(Event.REFUSED)
        for meter, key, cost, now_ns in passage.charged:
            counters.give_back(meter, key, cost, now_ns)
        for settlement in passage.entered:
            settlement.cancel()
        self._tell(subject, passage)
        return Denial(429, reason, [b"retry-after: %d\r\n" % retry_s])

    def _passed(self, subject: Subject, passage: Passage) -> Delay | None:
        self._tell(subject, passage)
        if not passage.wait_ns:
            return None
        self._counters.count(Event.DELAYED)
        return Delay(passage.wait_ns / 1e9)

    def _tell(self, subject: Subject, passage: Passage) -> None:
        if passage.items:
            subject.response_lines.append(b"ratelimit-policy: %b\r\n" % b", ".join(passage.policies))
            subject.response_lines.append(b"ratelimit: %b\r\n" % b", ".join(passage.items))


def compile_rate_limits(limits: tuple[RateLimit, ...], environment: Environment) -> RateLimitStep | None:
    """Refuses or delays what is too much: in a time, or at once."""
    if not limits:
        return None
    return RateLimitStep([Limit(limit, environment) for limit in limits], environment.counters)
