"""Leases of shared limits, with time as an argument and the store as a bucket."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from policies.rate_limit.leases import LEASE_NS, Leases
from policies.rate_limit.meter import Kind, Meter
from policies.rate_limit.shared_meter import Grant, SharedMeter

SECOND = 1_000_000_000
KEY = b"alice"


def meter(requests: int = 1000, capacity: int = 1000, kind: Kind = Kind.BUCKET) -> SharedMeter:
    node = Meter(kind, requests, SECOND, capacity)
    return SharedMeter(kind, requests, SECOND, capacity, 0, False, "Allow", node)


class Bucket:
    """A store that answers at once: the bucket of all gateways."""

    def __init__(self, figures: SharedMeter) -> None:
        self.figures = figures
        self.tokens = float(figures.capacity)
        self.at_ns = 0
        self.questions = 0

    def ask(self, wanted: int, cost: int, now_ns: int) -> Grant:
        self.questions += 1
        per_ns = self.figures.requests / self.figures.per_ns
        self.tokens = min(self.figures.capacity, self.tokens + (now_ns - self.at_ns) * per_ns)
        self.at_ns = now_ns
        granted = min(wanted, int(self.tokens)) if self.tokens >= cost else 0
        self.tokens -= granted
        return Grant(granted, 0 if granted else int((cost - self.tokens) / per_ns) + 1, int(self.tokens), SECOND)


def passes(leases: Leases, store: Bucket, now_ns: int, cost: int = 1) -> bool:
    reading = leases.take(KEY, cost, now_ns)
    if reading is not None:
        return reading.admitted
    wanted = leases.wanted(store.figures, KEY, cost, now_ns)
    grant = store.ask(wanted, cost, now_ns)
    leases.granted(store.figures, KEY, wanted, grant, now_ns)
    if grant.granted:
        leases.give_back(KEY, -cost)
    return grant.granted > 0


def test_six_workers_under_load_are_let_in_what_the_limit_says_and_ask_seldom() -> None:
    store, workers = Bucket(meter()), [Leases() for _ in range(6)]
    offered = let_in = 0
    for step in range(10 * 3000):
        now_ns = step * SECOND // 3000
        offered += 1
        let_in += passes(workers[step % 6], store, now_ns)
    # The burst, and a thousand for each second.
    assert 0.95 * 11_000 <= let_in <= 11_000
    assert store.questions < 0.02 * offered


def test_a_load_under_the_limit_is_let_in_whole_and_asks_seldom() -> None:
    store, workers = Bucket(meter()), [Leases() for _ in range(6)]
    for step in range(10 * 900):
        assert passes(workers[step % 6], store, step * SECOND // 900)
    assert store.questions < 0.02 * 9000


@given(st.lists(st.tuples(st.integers(0, SECOND // 4), st.integers(0, 2), st.integers(1, 3)), max_size=200))
def test_never_more_than_the_store_gave(given: list[tuple[int, int, int]]) -> None:
    figures = meter(20, 40)
    store, workers = Bucket(figures), [Leases() for _ in range(3)]
    now_ns, spent, given_out = 0, 0, 0.0
    for gap_ns, worker, cost in given:
        now_ns += gap_ns
        if passes(workers[worker], store, now_ns, cost):
            spent += cost
        given_out = figures.capacity + now_ns * figures.requests / figures.per_ns
        assert spent <= given_out + 1e-6


def test_a_small_limit_is_asked_for_each_request_and_not_while_there_is_none() -> None:
    store, leases = Bucket(meter(2, 2)), Leases()
    assert [passes(leases, store, 0) for _ in range(5)] == [True, True, False, False, False]
    assert store.questions == 3
    reading = leases.take(KEY, 1, SECOND // 10)
    assert reading is not None
    assert (reading.admitted, reading.wait_ns // 1000) == (False, 400_000)
    assert passes(leases, store, SECOND // 2 + 2)


def test_what_is_left_of_a_lease_ends_with_its_time() -> None:
    figures, leases = meter(), Leases()
    leases.granted(figures, KEY, 100, Grant(100, 0, 0, SECOND), 0)
    assert leases.take(KEY, 1, LEASE_NS - 1) is not None
    assert leases.take(KEY, 1, LEASE_NS) is None
    window = meter(kind=Kind.FIXED_WINDOW)
    leases.granted(window, KEY, 100, Grant(100, 0, 0, SECOND // 5), 0)
    assert leases.take(KEY, 1, SECOND // 5) is None


def test_the_number_of_keys_is_bounded_and_the_oldest_goes() -> None:
    figures, leases = meter(), Leases(3)
    for number in range(5):
        leases.granted(figures, b"%d" % number, 1, Grant(1, 0, 0, SECOND), 0)
    assert len(leases) == 3
    assert [leases.take(b"%d" % number, 1, 0) is not None for number in range(5)] == [False, False, True, True, True]


def test_a_unit_given_back_is_there_for_the_next() -> None:
    figures, leases = meter(), Leases()
    leases.granted(figures, KEY, 1, Grant(1, 0, 0, SECOND), 0)
    assert leases.take(KEY, 1, 0) is not None
    assert leases.take(KEY, 1, 0) is None
    leases.give_back(KEY, 1)
    leases.give_back(b"unknown", 1)
    assert leases.take(KEY, 1, 0) is not None
