"""Tests of simulated time."""

from __future__ import annotations

from benchmarks.simulation.events import Events


def test_things_happen_in_time_order_and_those_of_one_time_as_they_were_told() -> None:
    events, seen = Events(), list[tuple[str, int]]()
    for name, delay in (("late", 20), ("first", 10), ("second", 10)):
        events.after(delay, lambda name=name: seen.append((name, events.now())))
    events.run_until(15)
    assert seen == [("first", 10), ("second", 10)]
    assert events.now() == 15
    events.run_until(20)
    assert seen[2:] == [("late", 20)]


def test_what_is_told_while_time_passes_happens_in_it() -> None:
    events, seen = Events(), list[int]()
    events.after(5, lambda: events.after(5, lambda: seen.append(events.now())))
    events.run_until(10)
    assert seen == [10]
