"""Rounds of counting: every interval, over all workers, one sum."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from discovery.health.rounds import Counts, Rounds


class Timer:
    def __init__(self, due_s: float, call: Callable[[], None]) -> None:
        self.due_s = due_s
        self.call = call
        self.over = False

    def cancel(self) -> None:
        self.over = True


class Loop:
    """The part of a loop that rounds use, whose time a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.timers: list[Timer] = []

    def call_later(self, delay_s: float, call: Callable[..., None], *arguments: object) -> Timer:
        timer = Timer(self.now_s + delay_s, lambda: call(*arguments))
        self.timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while due := [timer for timer in self.timers if not timer.over and timer.due_s <= until_s]:
            timer = min(due, key=lambda each: each.due_s)
            self.now_s, timer.over = timer.due_s, True
            timer.call()
        self.now_s = until_s


class Turning:
    def __init__(self) -> None:
        self.loop = Loop()
        self.asked: list[tuple[float, str]] = []
        self.judged: list[tuple[float, str, Counts]] = []
        self.rounds = Rounds(
            cast("asyncio.AbstractEventLoop", self.loop),
            lambda backend: self.asked.append((self.loop.now_s, backend)),
            lambda backend, seen: self.judged.append((self.loop.now_s, backend, dict(seen))),
        )


def test_workers_are_asked_each_interval_and_their_answers_added_up() -> None:
    turning = Turning()
    turning.rounds.follow({"d/b": 10.0})
    turning.loop.advance(10.0)
    assert turning.asked == [(10.0, "d/b")]
    turning.rounds.heard("d/b", {"a": (10, 1), "b": (5, 5)})
    turning.rounds.heard("d/b", {"a": (20, 2)})
    turning.rounds.heard("d/other", {"a": (1, 1)})
    turning.loop.advance(1.0)
    assert turning.judged == [(11.0, "d/b", {"a": (30, 3), "b": (5, 5)})]
    turning.rounds.heard("d/b", {"a": (7, 7)})
    turning.loop.advance(10.0)
    assert turning.asked[1:] == [(20.0, "d/b")]
    assert turning.judged[1:] == [(21.0, "d/b", {"a": (7, 7)})], "a late answer counts in the next round"


def test_interval_that_stays_goes_on_and_another_begins_anew() -> None:
    turning = Turning()
    turning.rounds.follow({"d/a": 10.0, "d/b": 10.0})
    turning.loop.advance(5.0)
    turning.rounds.follow({"d/a": 10.0, "d/b": 2.0})
    turning.loop.advance(5.0)
    assert turning.asked == [(7.0, "d/b"), (9.0, "d/b"), (10.0, "d/a")]
    turning.rounds.close()
    turning.loop.advance(60.0)
    assert len(turning.asked) == 3


def test_shortest_intervals_are_not_shorter_than_a_message_is_worth() -> None:
    turning = Turning()
    turning.rounds.follow({"d/b": 1e-9})
    turning.loop.advance(1.05)
    assert len(turning.asked) == 10
