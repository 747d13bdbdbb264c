"""The timer wheel with a clock and a `call_later` of its own: no loop, no sleep."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import pytest

from gateway.timers import TICK_S, Timer, TimerWheel


class Turns:
    """A loop that is turned by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.wheel = TimerWheel(self.call_later, lambda: self.now_s)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> object:
        self.due.append((self.now_s + delay_s, callback))
        return None

    def advance(self, seconds: float) -> None:
        end = self.now_s + seconds
        while self.due and min(self.due, key=lambda entry: entry[0])[0] <= end:
            entry = min(self.due, key=lambda entry: entry[0])
            self.due.remove(entry)
            self.now_s = max(self.now_s, entry[0])
            entry[1]()
        self.now_s = end


class Owner:
    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.fired_at: list[float] = []

    def timer_fired(self, timer: Timer) -> None:
        self.fired_at.append(self.turns.now_s)


def test_fires_once_within_three_ticks_after_its_deadline() -> None:
    turns = Turns()
    owner = Owner(turns)
    turns.wheel.timer(owner).set(5.0)
    turns.advance(4.9)
    assert owner.fired_at == []
    turns.advance(10)
    assert len(owner.fired_at) == 1
    assert 1005.0 <= owner.fired_at[0] <= 1005.0 + 3 * TICK_S


def test_an_owner_that_fails_stops_no_other_timer() -> None:
    turns = Turns()

    class Broken:
        def timer_fired(self, timer: Timer) -> None:
            raise ValueError("broken")

    owner = Owner(turns)
    for each in (Broken(), owner):
        turns.wheel.timer(each).set(1.0)
    with pytest.raises(ValueError, match="broken"):
        turns.advance(1.5)
    turns.wheel.timer(owner).set(1.0)
    turns.advance(3.0)
    assert len(owner.fired_at) == 2


def test_moved_later_fires_at_the_new_deadline_only() -> None:
    turns = Turns()
    owner = Owner(turns)
    timer = turns.wheel.timer(owner)
    timer.set(1.0)
    for _ in range(20):
        turns.advance(0.9)
        timer.set(1.0)
    assert owner.fired_at == []
    turns.advance(2)
    assert len(owner.fired_at) == 1


def test_moved_earlier_fires_at_the_new_deadline_once() -> None:
    turns = Turns()
    owner = Owner(turns)
    timer = turns.wheel.timer(owner)
    timer.set(60.0)
    timer.set(1.0)
    turns.advance(2)
    assert len(owner.fired_at) == 1
    turns.advance(100)
    assert len(owner.fired_at) == 1


def test_unset_and_discarded_timers_stay_silent() -> None:
    turns = Turns()
    owner = Owner(turns)
    unset, discarded = turns.wheel.timer(owner), turns.wheel.timer(owner)
    unset.set(1.0)
    discarded.set(1.0)
    unset.unset()
    discarded.discard()
    turns.advance(10)
    assert owner.fired_at == []


def test_zero_means_never() -> None:
    turns = Turns()
    owner = Owner(turns)
    timer = turns.wheel.timer(owner)
    timer.set(0.0)
    assert not timer.pending
    assert turns.due == []


def test_wheel_stands_still_without_timers_and_counts_from_its_new_start() -> None:
    turns = Turns()
    owner = Owner(turns)
    timer = turns.wheel.timer(owner)
    timer.set(0.5)
    turns.advance(5)
    assert turns.due == []
    turns.advance(1000)
    timer.set(1.0)
    turns.advance(0.9)
    assert len(owner.fired_at) == 1
    turns.advance(1)
    assert len(owner.fired_at) == 2


def test_owner_may_set_its_timer_again_while_it_fires() -> None:
    turns = Turns()

    class Repeater(Owner):
        def timer_fired(self, timer: Timer) -> None:
            super().timer_fired(timer)
            timer.set(1.0)

    owner = Repeater(turns)
    turns.wheel.timer(owner).set(1.0)
    turns.advance(10)
    assert 7 <= len(owner.fired_at) <= 10


def test_a_stalled_loop_fires_all_that_is_due_at_its_next_turn() -> None:
    turns = Turns()
    owner = Owner(turns)
    for _ in range(10):
        turns.wheel.timer(owner).set(1.0)
    turns.now_s += 30
    turns.advance(0.2)
    assert len(owner.fired_at) == 10


def test_a_timer_that_is_discarded_is_not_held_until_its_deadline() -> None:
    turns = Turns()
    owner = Owner(turns)
    kept = turns.wheel.timer(owner)
    kept.set(300.0)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(1000):
        timer = turns.wheel.timer(owner)
        timer.set(300.0)
        timer.set(200.0)
        timer.discard()
    assert sys.getallocatedblocks() - before < 500
    turns.advance(400)
    assert len(owner.fired_at) == 1


def test_a_timer_set_to_an_earlier_deadline_fires_once() -> None:
    turns = Turns()
    owner = Owner(turns)
    timer = turns.wheel.timer(owner)
    timer.set(10.0)
    timer.set(5.0)
    turns.advance(20)
    assert len(owner.fired_at) == 1
    assert owner.fired_at[0] <= 1005.0 + 3 * TICK_S


def test_a_timer_may_be_discarded_while_one_of_its_tick_fires() -> None:
    turns = Turns()
    others: list[Timer] = []

    class First:
        fired = 0

        def timer_fired(self, timer: Timer) -> None:
            self.fired += 1
            for other in others:
                other.discard()

    first = First()
    for _ in range(2):
        timer = turns.wheel.timer(first)
        timer.set(1.0)
        others.append(timer)
    turns.advance(5)
    assert first.fired == 1
