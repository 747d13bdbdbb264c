"""Tests of setups as resources of Weir: that every rule is there, and the log where it is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from benchmarks.scenarios.route_sets import RouteSet, hosts, methods, mixed, prefixes, variants
from benchmarks.setups.setup import Setup
from benchmarks.setups.weir import routes, weir_values


@pytest.mark.parametrize("make", [prefixes, hosts, variants, methods, mixed])
def test_every_rule_is_in_a_route(make: object) -> None:
    assert callable(make)
    found: RouteSet = make(100)
    documents = [each for each in yaml.safe_load_all("".join(routes(Setup(found.rules, (80,))))) if each]
    rules = [(route["spec"]["hostnames"][0], rule) for route in documents for rule in route["spec"]["rules"]]
    seen = {
        (
            host,
            match["path"]["value"],
            match.get("method"),
            next((header["value"] for header in match.get("headers", ())), None),
        )
        for host, rule in rules
        for match in rule["matches"]
    }
    assert seen == {(each.host, each.prefix, each.method, each.variant) for each in found.rules}
    assert max(len(route["spec"]["rules"]) for route in documents) <= 16


def test_each_route_gets_its_traffic_policy(tmp_path: Path) -> None:
    text = str(weir_values(Setup(prefixes(40).rules, (80,), traffic_policy="bodyBytes: 1Mi"), tmp_path)["routes"])
    documents = [each for each in yaml.safe_load_all(text) if each]
    names = [each["metadata"]["name"] for each in documents if each["kind"] == "HTTPRoute"]
    policies = [each for each in documents if each["kind"] == "TrafficPolicy"]
    assert [each["spec"]["targetRefs"][0]["name"] for each in policies] == names
    assert all(each["spec"]["bodyBytes"] == "1Mi" for each in policies)


def test_access_log_is_on_with_policies_only(tmp_path: Path) -> None:
    rules = prefixes(1).rules
    assert weir_values(Setup(rules, (80,)), tmp_path)["access_log"] == '"off"'
    assert str(tmp_path) in str(weir_values(Setup(rules, (80,), policies=True), tmp_path)["access_log"])
