"""Sockets of bound listeners: what shares one, and which listeners are behind it."""

from __future__ import annotations

from config.binding.bound import BoundGateway, BoundListener
from config.binding.ports import ports
from config.binding.traffic_policies import TrafficPolicies
from config.resources.gateway import Gateway
from tests.config.manifests import gateway, listener, resources

NONE = TrafficPolicies({}, {})


def bound(name: str, *addresses: str, port: int = 8080) -> BoundGateway:
    (resource,) = resources(gateway(name, listener(hostname=f"{name}.example", port=port)))
    assert isinstance(resource, Gateway)
    spec = resource.spec.listeners[0]
    return BoundGateway(resource, addresses, [BoundListener(resource, spec, 0, ("HTTPRoute",))])


def names(*gateways: BoundGateway) -> dict[str, list[str]]:
    return {port.key: [each.name for each in port.listeners] for port in ports(gateways, NONE)}


def test_gateways_share_the_socket_of_one_address() -> None:
    assert names(bound("a", "10.0.0.1"), bound("b", "10.0.0.1")) == {
        "10.0.0.1:8080/tcp": ["shop/a/http", "shop/b/http"]
    }


def test_every_address_and_number_has_a_socket_in_order() -> None:
    found = ports([bound("a", "10.0.0.2", "10.0.0.1"), bound("b", "", port=80)], NONE)
    assert [(port.address, port.port, port.protocol) for port in found] == [
        ("", 80, "HTTP"), ("10.0.0.1", 8080, "HTTP"), ("10.0.0.2", 8080, "HTTP"),
    ]  # fmt: skip


def test_more_specific_socket_has_the_listeners_of_all_interfaces_too() -> None:
    """The kernel gives it the connection, whatever host the client asks for."""
    assert names(bound("a", ""), bound("b", "10.0.0.1")) == {
        ":8080/tcp": ["shop/a/http"],
        "10.0.0.1:8080/tcp": ["shop/b/http", "shop/a/http"],
    }


def test_all_interfaces_of_a_family_cover_its_addresses_alone() -> None:
    assert names(bound("a", "0.0.0.0"), bound("b", "10.0.0.1"), bound("c", "::1")) == {
        "0.0.0.0:8080/tcp": ["shop/a/http"],
        "10.0.0.1:8080/tcp": ["shop/b/http", "shop/a/http"],
        "::1:8080/tcp": ["shop/c/http"],
    }


def test_unspecified_address_joins_the_socket_of_both_families() -> None:
    assert names(bound("a", "0.0.0.0"), bound("b", ""), bound("c", "::")) == {
        ":8080/tcp": ["shop/b/http", "shop/a/http", "shop/c/http"]
    }


def test_listener_with_two_ways_to_a_socket_is_there_once() -> None:
    assert names(bound("a", "0.0.0.0", "10.0.0.1"))["10.0.0.1:8080/tcp"] == ["shop/a/http"]


def test_what_is_refused_has_no_socket() -> None:
    refused, without = bound("a", ""), bound("b", "")
    refused.reason = "Pending"
    without.listeners[0].reason = "HostnameConflict"
    assert ports([refused, without], NONE) == ()
