"""The policies of one request, asked in turn: it goes on, is refused or answered, or waits for what a policy must know.

Made only for requests whose plan has a policy, or that bring baggage. While a policy is awaited, what comes of the
request's body is kept, as nobody has said yet where it goes; more of it is not read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gateway.codec.http1 import EndOfMessage
from gateway.errors import WeirError
from gateway.telemetry import metrics
from policies.tags.passing import BAGGAGE, pass_on
from policies.verdict import Answer, Ask, Delay, Denial

if TYPE_CHECKING:
    from gateway.http.exchange import Exchange
    from policies.step import Step
    from policies.subject import Subject
    from policies.verdict import Verdict


class Consultation:
    """Where a request is among `steps`; `waiting` is whether one of them is awaited."""

    __slots__ = ("_exchange", "_kept", "_position", "_steps", "_task", "_timer", "subject", "waiting")

    def __init__(self, exchange: Exchange, subject: Subject, steps: tuple[Step, ...]) -> None:
        self._exchange = exchange
        self._steps = steps
        self._position = 0
        self._kept: list[bytes | EndOfMessage] = []
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.subject = subject
        self.waiting = False

    def begin(self) -> None:
        """Ask all, or up to the first that must wait. Raises WeirError where the request does not go on."""
        verdict = self._ask()
        if verdict is None:
            self._permit()
        else:
            self._obey(verdict)

    def keep(self, event: bytes | EndOfMessage) -> None:
        """A part of the request came while a policy is awaited."""
        self._kept.append(event)

    def cancel(self) -> None:
        """Nobody waits any more."""
        self.waiting = False
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _permit(self) -> None:
        subject = self.subject
        refusal = pass_on(subject)
        if refusal is not None:
            raise self._exchange.refused(refusal, BAGGAGE)
        ledger = self._exchange.downstream.service.ledger
        if subject.baggage_left_out:
            ledger.add(metrics.BAGGAGE_LEFT_OUT, subject.baggage_left_out)
        for name, _ in subject.would_deny:
            slot = metrics.POLICY_TRIALS.get(name)
            if slot is not None:
                ledger.add(slot)
        self._exchange.permitted()

    def _ask(self) -> Verdict | None:
        """What the first of the steps to come says that says something."""
        steps, subject = self._steps, self.subject
        while self._position < len(steps):
            step = steps[self._position]
            self._position += 1
            verdict = step.decide(subject)
            if verdict is not None:
                return verdict
        return None

    def _obey(self, verdict: Verdict) -> None:
        step = self._steps[self._position - 1]
        if isinstance(verdict, Denial):
            raise self._exchange.refused(verdict, step.name)
        if isinstance(verdict, Answer):
            self.waiting = False
            self._exchange.answered_by(step.name, verdict)
            return
        service = self._exchange.downstream.service
        runtime = service.runtime
        if not self.waiting:
            self.waiting = True
            self._exchange.await_policies()
        if isinstance(verdict, Delay):
            service.ledger.add(metrics.POLICY_DELAYS)
            self._timer = runtime.loop.call_later(verdict.seconds, self._delayed)
        elif isinstance(verdict, Ask):
            work = self._answered(verdict.step or step, verdict.question)
            self._task = runtime.spawn(work, name=f"a question of policy {step.name}")
        else:
            raise TypeError(f"policy {step.name} gave {verdict!r}")

    async def _answered(self, step: Step, question: object) -> None:
        answer = await self._exchange.downstream.service.answers.answer(question)
        # From here on it is no task that `cancel` may end: the exchange goes on, and may end, within this call.
        self._task = None
        if self.waiting:
            self._go_on(partial(step.resume, self.subject, answer))

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
                self._obey(verdict)
            else:
                self.waiting = False
                self._permit()
                kept, self._kept = self._kept, []
                exchange.take_up(kept)
        except WeirError as error:
            self.waiting = False
            exchange.fail(error)
        except BaseException:
            exchange.defect_met()
            raise


def _nothing() -> None:
    """What a policy says that only asked for time."""
