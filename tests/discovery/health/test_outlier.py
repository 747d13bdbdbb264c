"""Ejections: what the bounds permit, how they grow and are forgiven, what the rates say; against a simple model."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from discovery.health.outlier import MINIMUM_HOSTS, Bounds, Outliers

BOUNDS = Bounds(interval_s=10.0, base_ejection_s=30.0, max_ejection_s=100.0, max_percent=50, minimum_requests=100)
FOUR = ("a", "b", "c", "d")
CAUSE = "consecutive5xx"


def ejecting(outliers: Outliers, identity: str, now_s: float, members: tuple[str, ...] = FOUR) -> bool:
    return outliers.eject(identity, CAUSE, members, members, now_s)


def test_ejection_lasts_longer_each_time_up_to_a_bound() -> None:
    outliers, now_s, lasted = Outliers(BOUNDS), 0.0, []
    for _ in range(5):
        assert ejecting(outliers, "a", now_s)
        until_s = outliers.ejected["a"].until_s
        lasted.append(until_s - now_s)
        assert outliers.take_back_due(until_s - 0.001) == ()
        assert outliers.take_back_due(until_s) == ("a",)
        now_s = until_s
    assert lasted == [30.0, 60.0, 90.0, 100.0, 100.0]


def test_an_interval_in_service_is_an_ejection_forgiven() -> None:
    outliers = Outliers(BOUNDS)
    for _ in range(3):
        ejecting(outliers, "a", 0.0)
        outliers.take_back("a", 0.0)
    ejecting(outliers, "a", 25.0)
    assert outliers.ejected["a"].times == 2, "the fourth, less two intervals"
    outliers.take_back("a", 25.0)
    ejecting(outliers, "a", 1000.0)
    assert outliers.ejected["a"].times == 1


def test_share_that_may_be_out_is_bounded_and_one_always_may() -> None:
    outliers = Outliers(BOUNDS)
    assert [ejecting(outliers, identity, 0.0) for identity in FOUR] == [True, True, False, False]
    assert outliers.refused == 2
    outliers.take_back("a", 1.0)
    assert ejecting(outliers, "c", 1.0)
    tight = Outliers(Bounds(10.0, 30.0, 300.0, 0, 100))
    assert [ejecting(tight, identity, 0.0) for identity in FOUR] == [True, False, False, False]


def test_last_usable_endpoint_stays() -> None:
    outliers = Outliers(Bounds(10.0, 30.0, 300.0, 100, 100))
    assert [ejecting(outliers, identity, 0.0) for identity in FOUR] == [True, True, True, False]
    assert not ejecting(Outliers(BOUNDS), "a", 0.0, ("a",))
    others_fail = Outliers(BOUNDS)
    assert not others_fail.eject("a", CAUSE, FOUR, ("a",), 0.0)
    assert others_fail.eject("b", CAUSE, FOUR, ("a",), 0.0), "one that takes nothing anyway may be out"


def test_stranger_and_one_that_is_out_are_left_alone() -> None:
    outliers = Outliers(BOUNDS)
    assert not ejecting(outliers, "z", 0.0)
    assert ejecting(outliers, "a", 0.0)
    assert not ejecting(outliers, "a", 5.0)
    assert outliers.ejected["a"].until_s == 30.0
    assert outliers.refused == 0
    assert outliers.counts[CAUSE] == 1


def test_endpoint_that_left_is_forgotten() -> None:
    outliers = Outliers(BOUNDS)
    ejecting(outliers, "a", 0.0)
    ejecting(outliers, "b", 0.0)
    outliers.take_back("b", 0.0)
    outliers.keep({"c", "d"})
    assert outliers.ejected == {}
    assert ejecting(outliers, "b", 0.0)
    assert outliers.ejected["b"].times == 1


def analysed(seen: dict[str, tuple[int, int]], **bounds: float) -> list[tuple[str, str]]:
    return Outliers(Bounds(10.0, 30.0, 300.0, 100, 100, **bounds)).analyse(seen)  # type: ignore[arg-type]


def test_failure_percent_takes_enough_requests_and_names_the_worst_first() -> None:
    seen = {"a": (100, 50), "b": (200, 198), "c": (99, 99), "d": (1000, 499)}
    assert analysed(seen) == []
    assert analysed(seen, failure_percent=50) == [("b", "failurePercent"), ("a", "failurePercent")]
    assert analysed({"a": (100, 0)}, failure_percent=0) == [], "who never fails is no outlier"


def test_success_rate_finds_who_deviates_among_enough_endpoints() -> None:
    well = {f"e{number}": (1000, 10) for number in range(9)}
    assert analysed({**well, "sick": (1000, 300)}, deviations=1.9) == [("sick", "successRate")]
    assert analysed({**well, "sick": (1000, 10)}, deviations=1.9) == []
    few = {f"e{number}": (1000, 0) for number in range(MINIMUM_HOSTS - 2)}
    assert analysed({**few, "sick": (1000, 1000)}, deviations=0.5) == []


class Ejecting(RuleBasedStateMachine):
    """Random strikes, returns and departures against a model that keeps the whole history of each endpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.members = set("abcdef")
        self.outliers = Outliers(BOUNDS)
        self.out: dict[str, float] = {}
        self.past: dict[str, tuple[int, float]] = {}

    @rule(identity=st.sampled_from("abcdefg"), usable=st.sets(st.sampled_from("abcdef")))
    def strike(self, identity: str, usable: set[str]) -> None:
        done = self.outliers.eject(identity, CAUSE, self.members, usable & self.members, self.now_s)
        permitted = max(1, len(self.members) // 2)
        left = (usable & self.members) - self.out.keys() - {identity}
        allowed = identity in self.members and identity not in self.out and len(self.out) < permitted and bool(left)
        assert done is allowed
        if allowed:
            times, since_s = self.past.pop(identity, (0, self.now_s))
            times = max(0, times - int((self.now_s - since_s) // 10)) + 1
            self.out[identity] = self.now_s + min(100.0, 30.0 * times)
            assert self.outliers.ejected[identity].times == times

    @rule(passed_s=st.integers(0, 120))
    def wait(self, passed_s: int) -> None:
        self.now_s += passed_s
        due = {identity for identity, until_s in self.out.items() if until_s <= self.now_s}
        for identity in due:
            self._back(identity)
        assert set(self.outliers.take_back_due(self.now_s)) == due

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def return_early(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(sorted(self.out)))
        self._back(identity)
        assert self.outliers.take_back(identity, self.now_s)
        assert not self.outliers.take_back(identity, self.now_s)

    @rule(members=st.sets(st.sampled_from("abcdef"), min_size=1))
    def members_change(self, members: set[str]) -> None:
        self.members = members
        self.outliers.keep(members)
        self.out = {identity: until_s for identity, until_s in self.out.items() if identity in members}
        self.past = {identity: known for identity, known in self.past.items() if identity in members}

    def _back(self, identity: str) -> None:
        self.past[identity] = self.outliers.ejected[identity].times, self.now_s
        del self.out[identity]

    @invariant()
    def agrees(self) -> None:
        assert {identity: ejection.until_s for identity, ejection in self.outliers.ejected.items()} == self.out
        assert self.outliers.next_return_s == min(self.out.values(), default=None)


TestEjecting = Ejecting.TestCase
TestEjecting.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
