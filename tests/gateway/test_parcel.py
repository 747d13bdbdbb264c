"""What workers are sent of a configuration, and what they make of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.resources.backend import BackendSpec
from config.resources.backend_policy import BackendPolicySpec
from config.resources.weir import WeirSpec
from config.snapshot import BackendPlan, BoundRule, Listener, Match, PathMatch, Port, Rule, RuleName, Snapshot
from gateway.parcel import Contents, OtherBase, Shipment, pack, unpack


def rule(name: str, host: str = "*") -> BoundRule:
    return BoundRule((host,), Rule(RuleName("HTTPRoute", "d", name, 0), (Match(PathMatch("Exact", "/")),), (), ()))


def backend(name: str, port: int = 1) -> BackendPlan:
    spec = BackendSpec.model_validate({"static": {"endpoints": [{"address": "127.0.0.1", "port": port}]}})
    return BackendPlan(name, spec, BackendPolicySpec())


def contents(
    generation: int, *rules: BoundRule, backends: tuple[BackendPlan, ...] = (), series: tuple[str, ...] = ()
) -> Contents:
    shared = Listener("d/g/http", "*", rules)
    ports = (
        Port("", 80, "HTTP", (shared,)),
        Port("127.0.0.1", 81, "HTTP", (shared, Listener("d/g/b", "b", rules[:1]))),
    )
    snapshot = Snapshot(generation, str(generation), WeirSpec(), ports, {plan.name: plan for plan in backends}, ())
    return Contents(snapshot, {(name, ""): slot for slot, name in enumerate(series)})


def rules_of(held: Contents) -> tuple[BoundRule, ...]:
    return held.snapshot.ports[0].listeners[0].rules


def test_a_whole_one_says_all_but_statuses() -> None:
    sent = contents(1, rule("a"), rule("b"), backends=(backend("x"),), series=("p", "q"))
    assert unpack(pack(sent)) == sent
    assert unpack(pack(contents(1))) == contents(1)


def test_a_listener_of_two_ports_is_one_with_the_worker_too() -> None:
    held = unpack(pack(contents(1, rule("a"))))
    first, second = held.snapshot.ports
    assert first.listeners[0] is second.listeners[0]
    assert second.listeners[1].rules[0] is first.listeners[0].rules[0]


def test_what_stays_the_same_are_the_workers_own_objects() -> None:
    a, b, c, kept = rule("a"), rule("b"), rule("c"), backend("kept")
    before = contents(1, a, b, backends=(kept, backend("gone"), backend("other", 1)), series=("a", "b", "gone"))
    after = contents(2, c, b, a, backends=(backend("other", 2), kept), series=("a", "new", "b"))
    held = unpack(pack(before))
    now = unpack(pack(after, before), held)
    assert now == after
    assert [each is other for each, other in zip(rules_of(now)[1:], reversed(rules_of(held)), strict=True)] == [
        True
    ] * 2
    assert now.snapshot.backends["kept"] is held.snapshot.backends["kept"]
    assert list(now.snapshot.backends) == ["other", "kept"]
    assert unpack(pack(before)) == held


def test_an_edit_of_one_rule_sends_one_of_ten_thousand() -> None:
    rules = [rule(f"r{number}", f"h{number}.example") for number in range(10_000)]
    before = contents(1, *rules)
    after = contents(2, *rules[:5000], rule("new"), *rules[5001:])
    sent = pack(after, before)
    assert b"r4999" not in sent
    assert b"new" in sent
    # Four octets for the number of each rule.
    assert len(sent) < 50_000
    assert unpack(sent, unpack(pack(before))) == after


def test_a_parcel_that_builds_on_another_generation_is_refused() -> None:
    one, two, three = (contents(generation, rule("a")) for generation in (1, 2, 3))
    parcel = pack(three, two)
    with pytest.raises(OtherBase, match="generation 2, and this worker holds 1"):
        unpack(parcel, unpack(pack(one)))
    with pytest.raises(OtherBase, match="holds 0"):
        unpack(parcel)


def test_a_shipment_has_a_part_for_who_holds_the_base_and_the_whole_for_others() -> None:
    a = rule("a")
    one, two = contents(1, a), contents(2, a, rule("b"))
    first, second = Shipment(one, None), Shipment(two, one)
    held = unpack(first.packed_for(0))
    assert unpack(second.packed_for(1), held) == two
    for other in (0, 7):
        assert unpack(second.packed_for(other)) == two
    assert second.packed_for(0) is second.packed_for(7)


def test_rules_are_each_there_once() -> None:
    a, b = rule("a"), rule("b")
    assert contents(1, a, b, a).rules == [a, b]


RULES = [rule(f"r{number}") for number in range(8)]
BACKENDS = [backend(f"b{number % 4}", number + 1) for number in range(8)]
GENERATIONS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(RULES), max_size=6),
        st.lists(st.sampled_from(BACKENDS), max_size=4),
        st.lists(st.sampled_from("abcdef"), max_size=6, unique=True),
    ),
    min_size=1,
    max_size=6,
)


@given(GENERATIONS)
def test_a_worker_that_takes_one_after_the_other_holds_what_one_that_takes_the_last_whole_does(
    generations: list[tuple[list[BoundRule], list[BackendPlan], list[str]]],
) -> None:
    sent: Contents | None = None
    held: Contents | None = None
    for number, (rules, backends, series) in enumerate(generations, 1):
        following = contents(number, *rules, backends=tuple(backends), series=tuple(series))
        held = unpack(pack(following, sent), held)
        sent = following
        assert held == unpack(pack(sent)) == replace(sent)
