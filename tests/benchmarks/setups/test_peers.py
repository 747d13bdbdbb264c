"""Tests of setups as the configurations of peers: what depends on endpoints, policies and the sorts of rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from benchmarks.scenarios.route_sets import methods, mixed, prefixes, variants
from benchmarks.setups.caddy import caddy_values
from benchmarks.setups.envoy import envoy_values
from benchmarks.setups.haproxy import haproxy_values
from benchmarks.setups.nginx import nginx_values
from benchmarks.setups.policies import REFUSED_NETWORKS
from benchmarks.setups.setup import Setup
from benchmarks.setups.weir import weir_values

ONE = prefixes(1).rules


def test_nginx_keeps_connections_to_all_endpoints(tmp_path: Path) -> None:
    assert nginx_values(Setup(ONE, (81,)), tmp_path)["kept"] == 128
    many = nginx_values(Setup(ONE, tuple(range(1000, 2000))), tmp_path)
    assert many["kept"] == 2000
    assert str(many["endpoints"]).count("server 127.0.0.1:") == 1000


def test_nginx_asks_a_map_where_rules_share_a_location(tmp_path: Path) -> None:
    found = nginx_values(Setup(variants(3).rules, (81,)), tmp_path)
    joined = " ".join(str(found["maps"]).split())
    assert joined == 'map "$http_x_variant" $upstream_0 { default ""; "v0" origin; "v1" origin; "v2" origin; }'
    assert str(found["servers"]).count("location /api ") == 1


def test_nginx_has_one_map_for_all_locations_that_ask_for_the_same(tmp_path: Path) -> None:
    found = nginx_values(Setup(methods(50).rules, (81,)), tmp_path)
    assert str(found["maps"]).count("map ") == 1
    assert str(found["servers"]).count("proxy_pass http://$upstream_0;") == 10


def test_haproxy_looks_for_rules_with_more_conditions_first(tmp_path: Path) -> None:
    lookups = str(haproxy_values(Setup(mixed(8).rules, (81,)), tmp_path)["lookups"]).splitlines()
    files = [line.split("map_beg(")[1].split(")")[0] for line in lookups if "map_beg" in line]
    names = [Path(file).name for file in files]
    assert names == ["routes-method-variant.map", "routes-method.map", "routes-variant.map", "routes.map"]
    assert [len(Path(file).read_text().splitlines()) for file in files] == [2, 2, 2, 2]
    assert Path(files[0]).read_text().splitlines()[-1] == "GET|canary|host-0.example/api/area-7/7 origin"


def test_haproxy_with_one_sort_of_rules_looks_once(tmp_path: Path) -> None:
    lookups = str(haproxy_values(Setup(prefixes(5).rules, (81,)), tmp_path)["lookups"])
    assert lookups.strip() == f"http-request set-var(txn.route) base,map_beg({tmp_path}/routes.map)"


def test_haproxy_refuses_to_rewrite_several_prefixes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one known prefix"):
        haproxy_values(Setup(prefixes(2).rules, (81,), policies=True), tmp_path)


def test_envoy_has_the_conditions_of_each_rule_in_order(tmp_path: Path) -> None:
    rules = mixed(4).rules
    (host,) = yaml.safe_load(str(envoy_values(Setup(rules, (81, 82)), tmp_path)["virtual_hosts"]))
    assert host["domains"] == ["host-0.example"]
    matches = [route["match"] for route in host["routes"]]
    assert [each["path_separated_prefix"] for each in matches] == [rule.prefix for rule in rules]
    assert [[header["name"] for header in each.get("headers", ())] for each in matches] == [
        [],
        ["x-variant"],
        [":method"],
        [":method", "x-variant"],
    ]


@pytest.mark.parametrize("policies", [True, False])
def test_all_refuse_the_networks_with_policies_only(policies: bool, tmp_path: Path) -> None:
    setup = Setup(ONE, (81,), policies=policies)
    for values in (weir_values, nginx_values, envoy_values, caddy_values):
        text = " ".join(map(str, values(setup, tmp_path).values()))
        assert all((network.partition("/")[0] in text) is policies for network in REFUSED_NETWORKS)
    haproxy_values(setup, tmp_path)
    assert (tmp_path / "refused.lst").exists() is policies


@pytest.mark.parametrize("policies", [True, False])
def test_all_log_with_policies_only(policies: bool, tmp_path: Path) -> None:
    setup = Setup(ONE, (81,), policies=policies)
    assert (json.loads(str(envoy_values(setup, tmp_path)["access_log"])) != []) is policies
    assert ("access.log" in str(nginx_values(setup, tmp_path)["policies"])) is policies
    assert ("log stdout" in str(haproxy_values(setup, tmp_path)["policies"])) is policies
    assert ("access.log" in str(caddy_values(setup, tmp_path)["sites"])) is policies
