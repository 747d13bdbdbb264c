"""The limits of a rule, asked in their order: all of them must let a request go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from config.resources.rate_limit import RateLimit
from policies.environment import Environment
from policies.rate_limit.counters import Counters, Event
from policies.rate_limit.fields import seconds, state_item
from policies.rate_limit.limit import Limit
from policies.rate_limit.meter import Reading
from policies.rate_limit.passage import Passage
from policies.rate_limit.settlement import Settlement
from policies.rate_limit.shared_meter import StoreAnswer, StoreQuestion
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Ask, Delay, Denial, Verdict

_RETRY_S = 1
"""For places, which are free again nobody knows when, and for a store that is gone."""


class RateLimitStep(Step):
    """A request that one of the limits refuses is charged to none of them."""

    name = "rateLimits"
    __slots__ = ("_counters", "_limits")

    def __init__(self, limits: Sequence[Limit], counters: Counters) -> None:
        self._limits = tuple(limits)
        self._counters = counters

    def decide(self, subject: Subject) -> Verdict | None:
        """429, a delay until its turn, or a question to the store that all gateways share."""
        return self._go_on(subject, Passage(), 0)

    def resume(self, subject: Subject, answer: object) -> Verdict | None:
        """With what the store said, then with the limits behind."""
        assert isinstance(answer, StoreAnswer)
        question, reading = answer.question, answer.reading
        limit, passage = self._limits[question.position], question.passage
        if reading is None:
            denial = self._without_store(limit, question.parts, subject, passage)
        else:
            denial = self._weighed_shared(limit, question.parts, reading, subject, passage)
        return denial or self._go_on(subject, passage, question.position + 1)

    def _go_on(self, subject: Subject, passage: Passage, position: int) -> Verdict | None:
        while position < len(self._limits):
            limit = self._limits[position]
            if limit.concerns(subject):
                if limit.shared is not None:
                    verdict = self._taken_shared(limit, position, subject, passage)
                elif limit.concurrency:
                    verdict = self._entered(limit, subject, passage)
                else:
                    verdict = self._taken(limit, limit.parts(subject), subject, passage)
                if verdict is not None:
                    return verdict
            position += 1
        return self._passed(subject, passage)

    def _taken(self, limit: Limit, parts: bytes, subject: Subject, passage: Passage) -> Denial | None:
        meter, counters = limit.meter, self._counters
        assert meter is not None
        key = counters.key_of(parts)
        reading = counters.take(meter, key, limit.cost)
        undo = partial(counters.give_back, meter, key, limit.cost, reading.now_ns)
        return self._weighed(limit, key, undo, reading, subject, passage)

    def _taken_shared(self, limit: Limit, position: int, subject: Subject, passage: Passage) -> Verdict | None:
        meter, parts = limit.shared, limit.parts(subject)
        assert meter is not None
        reading = self._counters.take_shared(meter, parts, limit.cost)
        if reading is None:
            return Ask(StoreQuestion(meter, parts, limit.cost, position, passage))
        return self._weighed_shared(limit, parts, reading, subject, passage)

    def _weighed_shared(
        self, limit: Limit, parts: bytes, reading: Reading, subject: Subject, passage: Passage
    ) -> Denial | None:
        undo = partial(self._counters.give_back_shared, parts, limit.cost)
        return self._weighed(limit, parts, undo, reading, subject, passage)

    def _without_store(self, limit: Limit, parts: bytes, subject: Subject, passage: Passage) -> Denial | None:
        assert limit.shared is not None
        counters = self._counters
        match limit.shared.on_failure:
            case "Allow":
                counters.count(Event.STORE_ALLOWED)
                return None
            case "Node":
                counters.count(Event.STORE_NODE)
                return self._taken(limit, parts, subject, passage)
            case "Deny":
                counters.count(Event.STORE_DENIED)
                # The client has done nothing wrong: it is no 429.
                return self._refused(limit, 503, f"limit {limit.name} has no store", _RETRY_S, subject, passage)

    def _weighed(
        self,
        limit: Limit,
        key: bytes,
        undo: Callable[[], None],
        reading: Reading,
        subject: Subject,
        passage: Passage,
    ) -> Denial | None:
        if limit.enforces:
            passage.policies.append(limit.policy_item)
            passage.items.append(state_item(limit.item, reading.remaining, reading.reset_ns))
        if not reading.admitted:
            retry_s = max(seconds(reading.wait_ns), 1)
            return self._refused(limit, 429, f"limit {limit.name}", retry_s, subject, passage)
        assert limit.meter is not None
        if limit.meter.deferred:
            self._settle_later(Settlement(limit, self._counters, key), subject, passage)
        else:
            passage.undo.append(undo)
        self._counters.count(Event.ADMITTED)
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
            return self._refused(limit, 429, f"limit {limit.name}", _RETRY_S, subject, passage)
        self._settle_later(Settlement(limit, counters, key, place), subject, passage)
        counters.count(Event.ADMITTED)
        return None

    def _settle_later(self, settlement: Settlement, subject: Subject, passage: Passage) -> None:
        passage.entered.append(settlement)
        subject.settlements.append(settlement)

    def _refused(
        self, limit: Limit, status: int, reason: str, retry_s: int, subject: Subject, passage: Passage
    ) -> Denial | None:
        if not limit.enforces:
            self._counters.count(Event.WOULD)
            subject.would_deny.append((self.name, reason))
            return None
        self._counters.count(Event.REFUSED)
        for undo in passage.undo:
            undo()
        for settlement in passage.entered:
            settlement.cancel()
        self._tell(subject, passage)
        return Denial(status, reason, [b"retry-after: %d\r\n" % retry_s])

    def _passed(self, subject: Subject, passage: Passage) -> Delay | None:
        self._tell(subject, passage)
        if not passage.wait_ns:
            return None
        self._counters.count(Event.DELAYED)
        return Delay(passage.wait_ns / 1e9)

    def _tell(self, subject: Subject, passage: Passage) -> None:
        if passage.items:
            subject.response_lines.append(f"ratelimit-policy: {', '.join(passage.policies)}\r\n".encode("ascii"))
            subject.response_lines.append(f"ratelimit: {', '.join(passage.items)}\r\n".encode("ascii"))


def compile_rate_limits(limits: tuple[RateLimit, ...], environment: Environment) -> RateLimitStep | None:
    """Refuses or delays what is too much: in a time, or at once."""
    if not limits:
        return None
    return RateLimitStep([Limit(limit, environment) for limit in limits], environment.counters)
