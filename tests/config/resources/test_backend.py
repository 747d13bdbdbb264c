"""Backends have one source each, and a source that makes sense."""

from __future__ import annotations

from config.resources.backend import Backend
from tests.config.resources.own_kinds import read, refusal


def test_reads_each_source() -> None:
    """Consul, static, DNS and EndpointSlice, with the fields that operators write."""
    consul = {
        "service": "orders",
        "datacenter": "dc1",
        "tags": ["primary"],
        "filter": "Service.Meta.a == b",
        "onlyPassing": True,
    }
    static = {
        "endpoints": [{"address": "127.0.0.1", "port": 9001, "weight": 3, "zone": "east", "tags": {"lane": "canary"}}]
    }
    assert read(Backend, {"protocol": "auto", "consul": consul}).spec.consul is not None
    assert read(Backend, {"static": static}).spec.static is not None
    assert read(Backend, {"dns": {"name": "_a._tcp.example.com", "type": "SRV"}}).spec.dns is not None
    assert read(Backend, {"endpointSlice": {"service": "a", "port": "http"}}).spec.endpoint_slice is not None


def test_has_exactly_one_source() -> None:
    """None and two are refused."""
    wanted = "exactly one of consul, static, dns, endpointSlice must be set, not"
    assert refusal(Backend, {}) == f"{wanted} none"
    assert refusal(Backend, {"static": {"endpoints": []}, "consul": {"service": "a"}}) == f"{wanted} consul and static"


def test_refuses_an_endpoint_twice() -> None:
    """One address and port is one endpoint."""
    twice = [{"address": "127.0.0.1", "port": 1}, {"address": "127.0.0.1", "port": 1, "weight": 2}]
    assert refusal(Backend, {"static": {"endpoints": twice}}) == "127.0.0.1:1 is listed twice"


def test_dns_port_goes_with_the_type() -> None:
    """SRV records bring ports, A and AAAA do not; the bounds of the TTL are in order."""
    assert refusal(Backend, {"dns": {"name": "a.example"}}) == "port must be set for type A"
    assert "must not be set for type SRV" in refusal(Backend, {"dns": {"name": "a", "type": "SRV", "port": 1}})
    assert "minTtl" in refusal(Backend, {"dns": {"name": "a", "port": 1, "minTtl": "10s", "maxTtl": "1s"}})
