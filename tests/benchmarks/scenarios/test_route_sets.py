"""Tests of the routes that are made by the number."""

from __future__ import annotations

import pytest

from benchmarks.scenarios.route_sets import RouteSet, hosts, methods, mixed, prefixes, variants


@pytest.mark.parametrize("make", [prefixes, hosts, variants, methods, mixed])
@pytest.mark.parametrize("count", [1, 10, 1003])
def test_as_many_different_rules_as_asked_for(make: object, count: int) -> None:
    assert callable(make)
    found: RouteSet = make(count)
    assert len(set(found.rules)) == count


@pytest.mark.parametrize("make", [prefixes, hosts, variants, methods, mixed])
def test_only_the_last_rule_takes_the_request(make: object) -> None:
    assert callable(make)
    found: RouteSet = make(1003)
    traffic = found.traffic
    taken = [
        rule
        for rule in found.rules
        if rule.host == traffic.host
        and (traffic.path + "/").startswith(rule.prefix + "/")
        and rule.method in {None, "GET"}
        and rule.variant in {None, traffic.headers.get("x-variant")}
    ]
    assert taken == [found.rules[-1]]


def test_mixed_rules_have_all_sorts_of_conditions() -> None:
    sorts = [(rule.method is not None, rule.variant is not None) for rule in mixed(100).rules]
    assert {sort: sorts.count(sort) for sort in sorts} == dict.fromkeys(
        ((True, True), (True, False), (False, True), (False, False)), 25
    )
