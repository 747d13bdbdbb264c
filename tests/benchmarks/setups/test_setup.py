"""Tests of how rules are put together for a configuration."""

from __future__ import annotations

from benchmarks.setups.setup import Rule, by_host, by_prefix

RULES = (Rule("a", "/x"), Rule("b", "/y"), Rule("a", "/y", "GET"), Rule("a", "/x", variant="v1"))


def test_hosts_keep_the_order_of_their_rules() -> None:
    assert list(by_host(RULES)) == [("a", [RULES[0], RULES[2], RULES[3]]), ("b", [RULES[1]])]


def test_rules_of_one_prefix_stand_together() -> None:
    assert list(by_prefix([RULES[0], RULES[2], RULES[3]])) == [("/x", [RULES[0], RULES[3]]), ("/y", [RULES[2]])]
