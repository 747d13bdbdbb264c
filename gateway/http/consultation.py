"""The policies of one request, asked in turn: it goes on, is refused or answered, or waits for what a policy must know.

Compiled with the types of `consultation.pxd`. Asked only of requests whose plan has a policy, or that bring baggage. A
request is held by an object of its own only where a policy is awaited; what comes of its body meanwhile is kept, as
nobody has said yet where it goes; more of it is not read, unless it is the beginning of the body that is awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gateway.codec.http1 import EndOfMessage
from gateway.errors import WeirError
from gateway.telemetry import metrics
from policies.access.questions import BodyPrefix, FirstOctets
from policies.tags.passing import BAGGAGE, pass_on
from policies.verdict import Answer, Ask, Delay, Denial

if TYPE_CHECKING:
    from gateway.http.exchange import Exchange
    from policies.step import Step
    from policies.subject import Subject
    from policies.verdict import Verdict


def consult(exchange: Exchange, subject: Subject, steps: tuple[Step, ...]) -> None:
    """Ask all of `steps`, or up to the first that must wait. Raises WeirError where the request does not go on."""
    for position, step in enumerate(steps, 1):
        verdict = step.decide(subject)
        if verdict is not None:
            Consultation(exchange, subject, steps, position).obey(verdict)
            return
    _permit(exchange, subject)


def _permit(exchange: Exchange, subject: Subject) -> None:
    """None of the steps has anything against it: neither those of its rule nor, later, those of its backendRef."""
    ledger = exchange.downstream.service.ledger
    if subject.tags or exchange.head.has_baggage:
        left_out = subject.baggage_left_out
        refusal = pass_on(subject)
        if refusal is not None:
            raise exchange.refused(refusal, BAGGAGE)
        if subject.baggage_left_out > left_out:
            ledger.add(metrics.BAGGAGE_LEFT_OUT, subject.baggage_left_out - left_out)
    if subject.would_deny:
        for name, _ in subject.would_deny[subject.trials_counted :]:
            slot = metrics.POLICY_TRIALS.get(name)
            if slot is not None:
                ledger.add(slot)
        subject.trials_counted = len(subject.would_deny)
    if exchange.choice is None:
        exchange.permitted()
    else:
        # What else follows from the policies of the rule was carried out before the choice.
        exchange.chosen()


class Consultation:
    """Where a request is among `steps` (the one before `position` was asked); `waiting` is whether one is awaited.

    The exchange has it for as long as it waits and no longer: both would else keep each other alive, as a cycle.
    """

    __slots__ = (
        "_bound",
        "_exchange",
        "_kept",
        "_kept_bytes",
        "_position",
        "_reader",
        "_steps",
        "_subject",
        "_task",
        "_timer",
        "waiting",
    )

    def __init__(self, exchange: Exchange, subject: Subject, steps: tuple[Step, ...], position: int) -> None:
        self._exchange = exchange
        self._subject = subject
        self._steps = steps
        self._position = position
        self._kept: list[bytes | EndOfMessage] = []
        self._kept_bytes = 0
        self._reader: Step | None = None
        self._bound = 0
        """Who must know how the body begins, and how many octets of it."""
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.waiting = False

    @property
    def reading(self) -> bool:
        """Whether it is the body that is awaited."""
        return self._reader is not None

    def keep(self, event: bytes | EndOfMessage) -> None:
        """A part of the request came while a policy is awaited; where that was enough of it, the request goes on."""
        self._kept.append(event)
        if isinstance(event, bytes):
            self._kept_bytes += len(event)
        if self._reader is not None:
            self._exchange.downstream.count_unsent(self._kept_bytes)
            self._look()

    def cancel(self) -> None:
        """Nobody waits any more; for the exchange, which lets go of it."""
        self.waiting = False
        self._reader = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def obey(self, verdict: Verdict) -> None:
        """What the step said that was asked last. Raises WeirError where the request does not go on."""
        exchange = self._exchange
        step = self._steps[self._position - 1]
        if isinstance(verdict, Denial):
            raise exchange.refused(verdict, step.name)
        if isinstance(verdict, Answer):
            self._end()
            exchange.answered_by(step.name, verdict)
            return
        service = exchange.downstream.service
        runtime = service.runtime
        if not self.waiting:
            self.waiting = True
            exchange.consultation = self
            exchange.await_policies()
        if isinstance(verdict, Delay):
            service.ledger.add(metrics.POLICY_DELAYS)
            self._timer = runtime.loop.call_later(verdict.seconds, self._delayed)
        elif isinstance(verdict, Ask) and isinstance(verdict.question, FirstOctets):
            # Never more than may wait on one connection.
            self._bound = min(verdict.question.bound, service.settings.buffer_bytes_per_connection)
            reader, beginning = verdict.step or step, exchange.beginning(self._bound)
            if beginning is not None:
                self._go_on(partial(self._resumed, reader, beginning))
                return
            self._reader = reader
            exchange.await_octets()
            self._look()
        elif isinstance(verdict, Ask):
            work = self._answered(verdict.step or step, verdict.question)
            self._task = runtime.spawn(work, name=f"a question of policy {step.name}")
        else:
            raise TypeError(f"policy {step.name} gave {verdict!r}")

    def _end(self) -> None:
        self.waiting = False
        self._exchange.consultation = None

    def _ask(self) -> Verdict | None:
        """What the first of the steps to come says that says something."""
        while self._position < len(self._steps):
            step = self._steps[self._position]
            self._position += 1
            verdict = step.decide(self._subject)
            if verdict is not None:
                return verdict
        return None

    async def _answered(self, step: Step, question: object) -> None:
        answer = await self._exchange.downstream.service.answers.answer(question)
        # From here on it is no task that `cancel` may end: the exchange goes on, and may end, within this call.
        self._task = None
        if self.waiting:
            self._go_on(partial(self._resumed, step, answer))

    def _look(self) -> None:
        """Go on where enough of the body is there to say how it begins, and whether that is all of it."""
        reader, kept = self._reader, self._kept
        assert reader is not None
        ended = bool(kept) and isinstance(kept[-1], EndOfMessage)
        announced = self._exchange.head.content_length > self._bound
        if ended or self._kept_bytes > self._bound or (announced and self._kept_bytes == self._bound):
            self._reader = None
            if not ended:
                self._exchange.downstream.hold_body()
            data = b"".join([event for event in kept if isinstance(event, bytes)])[: self._bound]
            whole = ended and self._kept_bytes <= self._bound
            self._go_on(partial(self._resumed, reader, BodyPrefix(data, whole=whole)))

    def _resumed(self, step: Step, answer: object) -> Verdict | None:
        """What the step says to the answer; where that is another question, its answer goes to the same step."""
        verdict = step.resume(self._subject, answer)
        if isinstance(verdict, Ask) and verdict.step is None:
            verdict.step = step
        return verdict

    def _delayed(self) -> None:
        self._timer = None
        if self.waiting:
            self._go_on(_nothing)

    def _go_on(self, say: Callable[[], Verdict | None]) -> None:
        """After a wait: with what the step says that was waited for, then with those behind it."""
        exchange = self._exchange
        try:
            verdict = say() or self._ask()
            if verdict is not None:
                self.obey(verdict)
            else:
                self._end()
                _permit(exchange, self._subject)
                kept, self._kept = self._kept, []
                self._kept_bytes = 0
                exchange.take_up(kept)
        except WeirError as error:
            self._end()
            exchange.fail(error)
        except BaseException:
            exchange.defect_met()
            raise


def _nothing() -> None:
    """What a policy says that only asked for time."""
