"""The bound on octets per second, with time as an argument."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from policies.bandwidth.gate import AHEAD_S, OwnGate

SECOND = 1_000_000_000


def test_what_is_within_the_head_room_goes_on_at_once() -> None:
    gate = OwnGate(1000)
    assert gate.take(int(1000 * AHEAD_S), 7 * SECOND) == 0.0
    assert gate.take(1, 7 * SECOND) > 0.0


def test_a_wait_that_was_kept_is_followed_by_none() -> None:
    gate = OwnGate(1000)
    wait_s = gate.take(1000, SECOND)
    assert wait_s == 1.0 - AHEAD_S
    assert gate.take(0, SECOND + int(wait_s * SECOND)) < 1e-6


def test_idle_time_is_not_saved_up() -> None:
    gate = OwnGate(1000)
    gate.take(10, 0)
    assert gate.take(2000, 3600 * SECOND) == 2.0 - AHEAD_S


@given(
    rate=st.integers(1, 10**9),
    moves=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, SECOND)), min_size=1, max_size=50),
)
def test_whoever_keeps_the_waits_moves_no_more_than_the_rate(rate: int, moves: list[tuple[int, int]]) -> None:
    gate, now_ns, moved = OwnGate(rate), 0, 0
    for octets, pause_ns in moves:
        # The head room, and the one read that is counted after it came.
        assert moved <= rate * (now_ns / SECOND + AHEAD_S) * (1 + 1e-9) + 1
        moved += octets
        now_ns += int(gate.take(octets, now_ns) * SECOND) + 1 + pause_ns
