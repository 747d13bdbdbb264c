"""The table of rates: against models, with more keys than it has room for, and over real processes at once."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hot.ledger import Ledger
from gateway.hot.rate_table import WAYS, RateTable, table_words
from gateway.rate_limits.segment import LimitLayout, LimitSegment
from gateway.telemetry import metrics
from policies.rate_limit.meter import Kind, Meter

SECOND = 1_000_000_000
NOW = 77 * SECOND
ROOT = Path(__file__).resolve().parents[3]


def key(number: int, bucket: int = 0) -> bytes:
    """Keys of one bucket."""
    return bucket.to_bytes(8, "little") + (number << 8).to_bytes(8, "little")


@pytest.mark.parametrize("kind", list(Kind))
def test_keys_have_states_of_their_own(kind: Kind) -> None:
    table, meter = RateTable.private(), Meter(kind, 3, SECOND, 3)
    for number in range(2):
        said = [table.take(meter, key(number), 1, NOW).admitted for _ in range(5)]
        assert said == [True, True, True, False, False]
    assert table.take(meter, key(0), 1, NOW + 2 * SECOND).admitted


def test_tells_what_is_left() -> None:
    reading = RateTable.private().take(Meter(Kind.BUCKET, 10, SECOND, 10), key(1), 4, NOW)
    assert (reading.admitted, reading.remaining, reading.reset_ns, reading.now_ns) == (True, 6, 400_000_000, NOW)


steps = st.lists(st.tuples(st.integers(0, SECOND), st.integers(0, 11), st.integers(1, 3)), min_size=1, max_size=80)


@given(steps)
def test_no_key_is_let_in_for_free_however_full_the_table(given: list[tuple[int, int, int]]) -> None:
    """Of twelve keys in a bucket of eight slots, none gets more than a bucket of its own would let it have."""
    ledger = Ledger.private()
    table, meter = RateTable.private(16, ledger), Meter(Kind.BUCKET, 1, SECOND, 4, spill=3)
    tokens: dict[int, Fraction] = {}
    seen: dict[int, int] = {}
    now_ns = NOW
    for gap_ns, number, cost in given:
        now_ns += gap_ns
        before_ns = seen.get(number, now_ns)
        left = min(Fraction(4), tokens.get(number, Fraction(4)) + Fraction(now_ns - before_ns, SECOND))
        admitted = table.take(meter, key(number), cost, now_ns).admitted
        assert left >= cost or not admitted
        if not ledger.value(metrics.RATE_LIMIT_TABLE_FULL):
            assert admitted == (left >= cost)
        tokens[number], seen[number] = left - cost if admitted else left, now_ns


def test_only_keys_whose_time_has_passed_are_forgotten() -> None:
    ledger = Ledger.private()
    table, meter = RateTable.private(16, ledger), Meter(Kind.BUCKET, 1, SECOND, 1)
    for number in range(WAYS):
        assert table.take(meter, key(number), 1, NOW + number).admitted
    # Full: the next two share one counter, and it lets in one.
    assert [table.take(meter, key(number), 1, NOW + 50).admitted for number in (20, 21)] == [True, False]
    assert ledger.value(metrics.RATE_LIMIT_TABLE_FULL) == 2
    assert ledger.value(metrics.RATE_LIMIT_KEYS_FORGOTTEN) == 0
    assert table.take(meter, key(20), 1, NOW + SECOND + 2).admitted
    assert ledger.value(metrics.RATE_LIMIT_KEYS_FORGOTTEN) == 1
    assert not table.take(meter, key(5), 1, NOW + SECOND + 2).admitted
    # Another bucket has room of its own.
    assert table.take(meter, key(22, bucket=1), 1, NOW + 51).admitted


@pytest.mark.parametrize("kind", list(Kind))
def test_keys_without_room_are_limited_together(kind: Kind) -> None:
    ledger = Ledger.private()
    table = RateTable.private(16, ledger)
    for number in range(WAYS):
        table.take(Meter(Kind.BUCKET, 1, 3600 * SECOND, 1), key(number), 1, NOW)
    meter = Meter(kind, 5, 10 * SECOND, 5, spill=7)
    said = [table.take(meter, key(100 + number), 1, NOW).admitted for number in range(20)]
    assert said == [True] * 5 + [False] * 15
    deferred = Meter(kind, 5, 10 * SECOND, 5, spill=8, deferred=True)
    table.charge(deferred, key(200), 10, NOW)
    assert not table.take(deferred, key(201), 1, NOW).admitted
    # A limit of another number is not touched.
    assert table.take(Meter(kind, 5, 10 * SECOND, 5, spill=9), key(300), 1, NOW).admitted


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_given_back_is_there_again(kind: Kind) -> None:
    table, meter = RateTable.private(), Meter(kind, 2, SECOND, 2)
    assert [table.take(meter, key(1), 1, NOW).admitted for _ in range(3)] == [True, True, False]
    table.give_back(meter, key(1), 1, NOW)
    assert [table.take(meter, key(1), 1, NOW).admitted for _ in range(2)] == [True, False]
    for _ in range(9):
        table.give_back(meter, key(1), 5, NOW)
    assert [table.take(meter, key(1), 1, NOW).admitted for _ in range(3)] == [True, True, False]
    table.give_back(meter, key(2), 1, NOW)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_cost_that_is_charged_afterwards_counts_whether_it_fits_or_not(kind: Kind) -> None:
    table, meter = RateTable.private(), Meter(kind, 10, SECOND, 10, deferred=True)
    assert table.take(meter, key(1), 1, NOW).remaining == 10
    table.charge(meter, key(1), 9, NOW)
    assert table.take(meter, key(1), 1, NOW).admitted
    table.charge(meter, key(1), 1 << 62, NOW)
    assert not table.take(meter, key(1), 1, NOW).admitted
    assert not table.take(meter, key(1), 1, NOW + 3000 * SECOND).admitted
    assert table.take(meter, key(1), 1, NOW + 3700 * SECOND).admitted


@pytest.mark.parametrize("kind", list(Kind))
def test_figures_that_change_keep_the_state_and_lock_nobody_out(kind: Kind) -> None:
    table = RateTable.private()
    old, new = Meter(kind, 2, 3600 * SECOND, 2), Meter(kind, 2, SECOND, 2)
    while table.take(old, key(1), 1, NOW).admitted:
        pass
    assert not table.take(new, key(1), 1, NOW).admitted
    assert table.take(new, key(1), 1, NOW + 2 * SECOND).admitted


def test_a_lock_of_a_worker_that_is_gone_costs_nobody_his_limit() -> None:
    memory = memoryview(bytearray(8 * table_words(16))).cast("q")
    ledger = Ledger.private()
    table, meter = RateTable(memory, 16, 1, ledger), Meter(Kind.BUCKET, 2, 3600 * SECOND, 2)
    locks = table_words(16) - 2 * (1 + 2 * WAYS)
    memory[locks] = 1
    said = [table.take(meter, key(number), 1, NOW).admitted for number in range(4)]
    assert said == [True, True, False, False]
    assert ledger.value(metrics.RATE_LIMIT_TABLE_FULL) == 4
    table.forget_worker(0)
    assert table.take(meter, key(9), 1, NOW).admitted
    assert ledger.value(metrics.RATE_LIMIT_TABLE_FULL) == 4


def test_a_memory_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="are not the"):
        RateTable(memoryview(bytearray(80)).cast("q"), 16, 0, Ledger.private())


HAMMER = """
import sys
from gateway.hot.ledger import Ledger
from gateway.rate_limits.segment import LimitLayout
from policies.rate_limit.meter import Kind, Meter

descriptor, worker, tries = map(int, sys.argv[1:])
rates, _ = LimitLayout(4, 128).attach(descriptor, worker, Ledger.private())
meters = [Meter(kind, 300, 3600 * 10**9, 300) for kind in Kind]
admitted = [0, 0, 0]
sys.stdin.readline()
for number in range(tries):
    for kind, meter in enumerate(meters):
        # Fresh keys as well, so that places are entered by all at once.
        key = (kind * 31).to_bytes(8, "little") + (kind + 256 * (1 + number // 50 % 2)).to_bytes(8, "big")
        admitted[kind] += rates.take(meter, key, 1, 10**15).admitted
print(*admitted)
"""


def test_a_limit_is_exact_over_processes_that_ask_at_once() -> None:
    segment = LimitSegment(LimitLayout(4, 128))
    try:
        command = [sys.executable, "-c", HAMMER, str(segment.descriptor)]
        pipe, own = subprocess.PIPE, (segment.descriptor,)
        workers = [
            subprocess.Popen(
                [*command, str(worker), "600"],
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
        counts = [list(map(int, worker.communicate()[0].split())) for worker in workers]
    finally:
        segment.close()
    assert [sum(each) for each in zip(*counts, strict=True)] == [600, 600, 600]
