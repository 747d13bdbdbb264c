"""How many are under way: against a model, over several workers, with workers that are gone and with too many keys."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hot.flight_table import FlightTable, flight_words
from gateway.hot.ledger import Ledger
from gateway.hot.rate_table import WAYS
from gateway.rate_limits.segment import LimitLayout, LimitSegment
from gateway.telemetry import metrics

ROOT = Path(__file__).resolve().parents[3]


def key(number: int, bucket: int = 0) -> bytes:
    return bucket.to_bytes(8, "little") + (number << 8).to_bytes(8, "little")


def workers_of_one_memory(count: int, ledger: Ledger | None = None) -> list[FlightTable]:
    memory = memoryview(bytearray(8 * flight_words(16, count))).cast("q")
    return [FlightTable(memory, 16, count, worker, ledger or Ledger.private()) for worker in range(count)]


def test_there_are_never_more_than_the_bound_over_all_workers() -> None:
    one, other = workers_of_one_memory(2)
    places = [one.enter(key(1), 3, 0), other.enter(key(1), 3, 0), one.enter(key(1), 3, 0)]
    assert min(places) >= 0
    assert one.under_way(places[0]) == 3
    assert other.enter(key(1), 3, 0) == -1
    assert other.enter(key(2), 3, 0) >= 0
    one.leave(places[0])
    assert other.enter(key(1), 3, 0) >= 0
    assert one.enter(key(1), 3, 0) == -1


moves = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 11), st.booleans()), max_size=120)


@given(moves)
def test_counts_as_a_dictionary_would_while_there_is_room_and_never_less(given: list[tuple[int, int, bool]]) -> None:
    ledger = Ledger.private()
    tables = workers_of_one_memory(3, ledger)
    under_way: Counter[int] = Counter()
    held: list[tuple[int, int, int]] = []
    for worker, number, leaves in given:
        if leaves and held:
            who, which, place = held.pop()
            tables[who].leave(place)
            under_way[which] -= 1
            continue
        place = tables[worker].enter(key(number), 2, 5)
        if place >= 0:
            under_way[number] += 1
            held.append((worker, number, place))
            assert under_way[number] <= 2
        elif not ledger.value(metrics.RATE_LIMIT_TABLE_FULL):
            assert under_way[number] == 2


def test_what_a_worker_had_that_is_gone_is_free_again() -> None:
    one, other = workers_of_one_memory(2)
    places = [one.enter(key(1), 2, 0), other.enter(key(1), 2, 0)]
    assert one.enter(key(1), 2, 0) == -1
    one.forget_worker(1)
    assert one.under_way(places[0]) == 1
    assert one.enter(key(1), 2, 0) >= 0
    assert one.enter(key(1), 2, 0) == -1


def test_a_row_that_nobody_is_in_becomes_another_keys() -> None:
    ledger = Ledger.private()
    table = FlightTable.private(16, ledger)
    for number in range(5 * WAYS):
        table.leave(table.enter(key(number), 1, 0))
    assert ledger.value(metrics.RATE_LIMIT_TABLE_FULL) == 0


def test_keys_without_room_share_one_count() -> None:
    ledger = Ledger.private()
    table = FlightTable.private(16, ledger)
    held = [table.enter(key(number), 1, 0) for number in range(WAYS)]
    assert table.enter(key(100), 2, 9) >= 0
    assert table.enter(key(101), 2, 9) >= 0
    assert table.enter(key(102), 2, 9) == -1
    assert table.enter(key(103), 2, 10) >= 0
    assert ledger.value(metrics.RATE_LIMIT_TABLE_FULL) == 4
    table.leave(held[0])
    assert table.enter(key(102), 2, 9) == held[0]


def test_a_lock_of_a_worker_that_is_gone_counts_with_the_shared_ones() -> None:
    memory = memoryview(bytearray(8 * flight_words(16, 2))).cast("q")
    ledger = Ledger.private()
    table = FlightTable(memory, 16, 2, 0, ledger)
    memory[0] = 2
    assert table.enter(key(1), 1, 0) >= 0
    assert table.enter(key(2), 1, 0) == -1
    assert ledger.value(metrics.RATE_LIMIT_TABLE_FULL) == 2
    table.forget_worker(1)
    assert table.enter(key(2), 1, 0) >= 0


def test_a_memory_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="are not the"):
        FlightTable(memoryview(bytearray(80)).cast("q"), 16, 1, 0, Ledger.private())


HAMMER = """
import sys
from gateway.hot.ledger import Ledger
from gateway.rate_limits.segment import LimitLayout

descriptor, worker, tries = map(int, sys.argv[1:])
_, flights = LimitLayout(4, 128).attach(descriptor, worker, Ledger.private())
sys.stdin.readline()
most = entered = 0
for number in range(tries):
    key = bytes(8) + (256 * (1 + number % 3)).to_bytes(8, "little")
    place = flights.enter(key, 2, 0)
    if place >= 0:
        entered += 1
        most = max(most, flights.under_way(place))
        flights.leave(place)
kept = flights.enter(b"k" * 16, 1000, 0)
print(entered > 0, flights.under_way(kept) <= 4)
"""


def test_processes_that_come_and_go_at_once_leave_nothing_behind() -> None:
    segment = LimitSegment(LimitLayout(4, 128))
    try:
        pipe, own = subprocess.PIPE, (segment.descriptor,)
        command = [sys.executable, "-c", HAMMER, str(segment.descriptor)]
        workers = [
            subprocess.Popen(
                [*command, str(worker), "300"],
                stdin=pipe,
                stdout=pipe,
                text=True,
                pass_fds=own,
                cwd=ROOT,
            )
            for worker in range(4)
        ]
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()
        assert [worker.communicate()[0].split() for worker in workers] == [["True", "True"]] * 4
        _, flights = segment.layout.attach(segment.descriptor, 0, Ledger.private())
        place = flights.enter(b"k" * 16, 1000, 0)
        assert flights.under_way(place) == 5
        for worker in range(4):
            segment.forget_worker(worker)
        assert flights.under_way(place) == 0
    finally:
        segment.close()
