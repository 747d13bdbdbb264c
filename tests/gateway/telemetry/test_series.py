"""Tests of the blocks of (route, backend) pairs."""

from __future__ import annotations

from dataclasses import replace

from config.resources.traffic_policy import TrafficPolicySpec
from config.resources.weir import WeirSpec
from config.snapshot import BoundRule, Listener, Port, Rule, RuleName, Snapshot, TrafficLayer, WeightedBackend
from gateway.telemetry.segment import Layout
from gateway.telemetry.series import OTHER, UNROUTED, SeriesTable, pairs_of


def snapshot(*routes: str) -> Snapshot:
    rules = tuple(
        BoundRule(("*",), Rule(RuleName("HTTPRoute", "d", route, 0), (), (), (WeightedBackend("d/b", 1),)))
        for route in routes
    )
    return Snapshot(1, "", WeirSpec(), (Port("", 80, "HTTP", (Listener("l", "*", rules),)),), {}, ())


def test_a_rule_has_pairs_with_each_backend_and_alone() -> None:
    rule = snapshot("a").ports[0].listeners[0].rules[0].rule
    assert pairs_of(rule) == (("d/a/0", ""), ("d/a/0", "d/b"))


def test_a_rule_has_pairs_with_the_backends_that_policies_send_its_requests_to() -> None:
    steering = {"a": WeightedBackend("d/legacy", 1), "b": WeightedBackend(None, 1, (), "none")}
    layer = TrafficLayer("d/p", TrafficPolicySpec(), steering=steering)
    plain = snapshot("a")
    (port,) = plain.ports
    (listener,) = port.listeners
    rules = tuple(replace(bound, layers=(layer,)) for bound in listener.rules)
    steered = replace(plain, ports=(replace(port, listeners=(replace(listener, rules=rules),)),))
    table = SeriesTable(Layout(1, 10, (1.0,)))
    assert set(table.assign(steered)) == {UNROUTED, ("d/a/0", ""), ("d/a/0", "d/b"), ("d/a/0", "d/legacy")}


def shown(*routes: str) -> Snapshot:
    """Rules under a policy that shows a tag."""
    layer = TrafficLayer("d/p", TrafficPolicySpec.model_validate({"metricTags": ["lane"]}))
    plain = snapshot(*routes)
    (port,) = plain.ports
    (listener,) = port.listeners
    rules = tuple(replace(bound, layers=(layer,)) for bound in listener.rules)
    return replace(plain, ports=(replace(port, listeners=(replace(listener, rules=rules),)),))


def test_tags_that_are_shown_have_blocks_of_their_own() -> None:
    table = SeriesTable(Layout(1, 10, (1.0,)))
    assigned = table.assign(shown("a", "b"))
    assert len(set(assigned.values())) == len(assigned)
    assert {("tag lane", ""), ("tag lane", "other")} <= set(assigned)


def test_tags_past_the_bound_have_none() -> None:
    table = SeriesTable(Layout(1, 5, (1.0,)))
    assigned = table.assign(shown("a"))
    assert ("tag lane", "") in assigned
    assert ("tag lane", "other") not in assigned
    assert table.refused_total == 1


def test_pairs_keep_their_block_over_reloads() -> None:
    table = SeriesTable(Layout(1, 10, (1.0,)))
    before = table.assign(snapshot("a"))
    after = table.assign(snapshot("c", "a"))
    assert before.items() <= after.items()
    assert len(set(after.values())) == len(after)
    assert UNROUTED in after


def test_pairs_past_the_bound_share_one_block_and_are_counted_once() -> None:
    table = SeriesTable(Layout(1, 4, (1.0,)))
    for _ in range(2):
        assigned = table.assign(snapshot("a", "b"))
        assert assigned["d/b/0", "d/b"] == assigned["d/b/0", ""] == table.bases()[OTHER]
        assert table.refused_total == 2


def test_rules_that_stay_are_named_once() -> None:
    """Their pairs are kept by identity, which the table itself keeps from being that of another."""
    table = SeriesTable(Layout(1, 10, (1.0,)))
    base = snapshot("a", "b")
    before = table.assign(base)
    held = {id(pair) for pair in before}
    assert {id(pair) for pair in table.assign(base) if pair[0]} <= held
    for number in range(100):
        assert ("d/other/0", "d/b") in table.assign(snapshot("other")), number
