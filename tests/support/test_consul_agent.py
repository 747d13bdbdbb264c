"""Tests of the Consul agent that other tests build on."""

from __future__ import annotations

import pytest

from tests.support.consul_agent import ConsulAgent


def test_registered_instance_is_in_the_catalog(consul_agent: ConsulAgent) -> None:
    instance = consul_agent.register("orders", 9001, tags=["v1"], meta={"zone": "east"})
    assert instance == "orders-9001"
    found = consul_agent.get("/v1/health/service/orders?passing")
    assert isinstance(found, list)
    assert len(found) == 1
    consul_agent.deregister(instance)
    assert consul_agent.get("/v1/health/service/orders?passing") == []


def test_dev_agent_comes_back_on_the_same_port_after_a_kill(consul_agent: ConsulAgent) -> None:
    port = consul_agent.http_port
    consul_agent.kill()
    with pytest.raises(OSError, match="refused"):
        consul_agent.get("/v1/status/leader")
    consul_agent.restart()
    assert consul_agent.http_port == port
    assert consul_agent.has_leader()


def test_persistent_agent_keeps_its_keys_over_a_kill(persistent_consul_agent: ConsulAgent) -> None:
    persistent_consul_agent.put_key("weir/a", b"1")
    persistent_consul_agent.kill()
    persistent_consul_agent.restart()
    found = persistent_consul_agent.get("/v1/kv/weir/a")
    assert isinstance(found, list)
    assert found[0]["Value"] == "MQ=="
