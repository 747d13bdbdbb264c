"""Gateways: addresses, listeners and the rules between them."""

from __future__ import annotations

import pytest

from config.resources.gateway import Gateway
from tests.config.resources.own_kinds import read, refusal


def spec(*listeners: dict[str, object], **fields: object) -> dict[str, object]:
    own = list(listeners) or [listener()]
    return {"gatewayClassName": "weir", "listeners": own, **fields}


def listener(**fields: object) -> dict[str, object]:
    return {"name": "a", "port": 80, "protocol": "HTTP", **fields}


def test_listener_lets_routes_of_its_namespace_attach() -> None:
    (found,) = read(Gateway, spec()).spec.listeners
    assert (found.hostname, found.tls) == (None, None)
    assert (found.allowed_routes.namespaces.from_, found.allowed_routes.kinds) == ("Same", ())


def test_address_is_one_of_an_ip_unless_told() -> None:
    (found,) = read(Gateway, spec(addresses=[{"value": "10.0.0.1"}])).spec.addresses
    assert found.type == "IPAddress"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (spec(listener(tls={"certificateRefs": [{"name": "x"}]})), "tls must not be specified for protocols"),
        (spec(listener(protocol="TLS")), "tls mode must be set for protocol TLS"),
        (
            spec(listener(protocol="HTTPS", tls={"mode": "Passthrough"})),
            "tls mode must be Terminate for protocol HTTPS",
        ),
        (
            spec(listener(protocol="HTTPS", tls={})),
            "certificateRefs or options must be specified when mode is Terminate",
        ),
        (spec(listener(protocol="TCP", hostname="a.b")), "hostname must not be specified for protocols"),
        (spec(listener(), listener(port=81)), "Listener name must be unique within the Gateway"),
        (
            spec(listener(), listener(name="b")),
            "Combination of port, protocol and hostname must be unique for each listener",
        ),
        (spec(addresses=[{"value": "10.0.0.256"}]), "an IPv4 or IPv6 address is expected for type IPAddress"),
        (spec(addresses=[{"value": "fe80::1%eth0"}]), "an IPv4 or IPv6 address is expected for type IPAddress"),
        (spec(addresses=[{"type": "Hostname", "value": "A b"}]), "Hostname value must be empty or contain only valid"),
        (spec(addresses=[{"value": "10.0.0.1"}] * 2), "IPAddress values must be unique"),
        (
            spec(infrastructure={"annotations": {f"{'a.' * 126}a/x": "y"}}),
            "If specified, the annotation key's prefix must be a DNS subdomain not longer than 253",
        ),
        (spec(infrastructure={"labels": {"-": "x"}}), "Label keys must be in the form of an optional DNS subdomain"),
        (
            spec(tls={"frontend": {"default": {}, "perPort": [{"port": 1, "tls": {}}] * 2}}),
            "Port for TLS configuration must be unique within the Gateway",
        ),
    ],
)
def test_rules_between_fields_hold(wrong: dict[str, object], message: str) -> None:
    assert message in refusal(Gateway, wrong)


def test_listeners_of_one_port_differ_in_hostname_or_protocol() -> None:
    own = (listener(), listener(name="b", hostname="b.example"), listener(name="c", protocol="TCP"))
    assert len(read(Gateway, spec(*own)).spec.listeners) == 3
