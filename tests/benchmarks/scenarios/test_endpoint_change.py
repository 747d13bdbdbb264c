"""Tests of tracing a change: when all connections follow it, on scripted answers and a clock of our own."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

from benchmarks.answer_check import WrongAnswer
from benchmarks.http_client import Answer, Client
from benchmarks.scenarios.endpoint_change import TURN, Delays, until_left, until_met


class Scripted(Client):
    """Answers from a script, each after a millisecond of `clock`; the last one over and over."""

    def __init__(self, clock: Clock, bodies: Iterable[str], status: int = 200) -> None:
        super().__init__(1, "x")
        self._clock = clock
        script = list(bodies)
        self._bodies = itertools.chain(script, itertools.repeat(script[-1]))
        self._status = status

    def get(self, path: str, headers: object = None) -> Answer:
        self._clock.now_s += 0.001
        return Answer(self._status, next(self._bodies).encode())


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_new_endpoint_is_met_when_the_last_connection_meets_it() -> None:
    clock = Clock()
    # The first meets it at once; the second in its second turn, after the answers of the first.
    clients = [Scripted(clock, "b"), Scripted(clock, "a" * TURN + "ab")]
    assert until_met(clients, b"b", clock) == pytest.approx(1 + TURN + 2)


def test_old_endpoint_is_left_at_its_last_answer() -> None:
    clock = Clock()
    clients = [Scripted(clock, "bab" + "a" * TURN)]
    assert until_left(clients, b"b", clock) == pytest.approx(3)


def test_old_endpoint_that_is_left_at_once_took_no_time() -> None:
    clock = Clock()
    assert until_left([Scripted(clock, "a")], b"b", clock) == 0


def test_every_connection_must_have_a_turn_after_the_last_answer_of_any() -> None:
    clock = Clock()
    # The first has a turn without, then, after the second met the old endpoint, meets it again.
    first = Scripted(clock, "a" * TURN + "b" + "a" * TURN)
    second = Scripted(clock, "b" + "a" * TURN)
    assert until_left([first, second], b"b", clock) == pytest.approx(2 * TURN + 1)


@pytest.mark.parametrize("wait", [until_met, until_left])
def test_failed_request_is_a_wrong_answer(wait: object) -> None:
    assert callable(wait)
    clock = Clock()
    with pytest.raises(WrongAnswer, match="503"):
        wait([Scripted(clock, "x", status=503)], b"b", clock)


def test_change_that_never_comes_ends_the_wait() -> None:
    clock = Clock()
    with pytest.raises(WrongAnswer, match="did not follow"):
        until_met([Scripted(clock, "a")], b"b", clock)


def test_time_of_the_put_itself_is_in_the_whole_and_not_in_what_comes_after() -> None:
    delays = Delays()
    done: list[str] = []
    delays.measure(lambda: done.append("change"), lambda: float(len(done)) - 1.0)
    # What follows began after the change; traffic that had followed by then took 0.
    assert delays.after_ms == [0.0]
    assert delays.whole_ms[0] > 0.0
