"""Classes, Gateways and listeners: which are served, and what the others are told."""

from __future__ import annotations

import pytest

from tests.config.manifests import (
    GATEWAY_API,
    Document,
    bound,
    document,
    gateway,
    listener,
    listener_reason,
    notes_on,
    reason,
    status,
)


def gateway_class(name: str = "mine", controller: str = "weir.dev/gateway-controller", **spec: object) -> Document:
    return document(GATEWAY_API, "GatewayClass", name, {"controllerName": controller, **spec})


def of_class(name: str) -> Document:
    return gateway(spec={"gatewayClassName": name})


def test_class_weir_is_there_undeclared() -> None:
    binding = bound(gateway())
    assert reason(status(binding, "Gateway", "edge").condition("Accepted")) == ("True", "Accepted")
    assert reason(status(binding, "Gateway", "edge").condition("Programmed")) == ("True", "Programmed")


def test_declared_class_of_weir_is_served() -> None:
    binding = bound(gateway_class(), of_class("mine"))
    assert reason(status(binding, "GatewayClass", "mine").condition("Accepted")) == ("True", "Accepted")
    assert reason(status(binding, "Gateway", "edge").condition("Accepted")) == ("True", "Accepted")


@pytest.mark.parametrize("name", ["other", "weir"])
def test_gateway_of_another_controller_waits_for_it(name: str) -> None:
    binding = bound(gateway_class(name, "example.com/other"), of_class(name))
    assert reason(status(binding, "GatewayClass", name).condition("Accepted")) == ("Unknown", "Pending")
    for type_ in ("Accepted", "Programmed"):
        assert reason(status(binding, "Gateway", "edge").condition(type_)) == ("Unknown", "Pending")
    assert binding.ports == ()


def test_class_with_parameters_is_refused() -> None:
    parameters = {"group": "", "kind": "ConfigMap", "name": "x", "namespace": "shop"}
    binding = bound(gateway_class(parametersRef=parameters), of_class("mine"))
    assert reason(status(binding, "GatewayClass", "mine").condition("Accepted")) == ("False", "InvalidParameters")
    assert binding.ports == ()


def test_unknown_class_comes_with_the_nearest() -> None:
    (note,) = bound(of_class("wier")).notes
    assert (note.path, note.suggestion) == (("spec", "gatewayClassName"), 'did you mean "weir"?')


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ({"value": "10.0.0.1"}, "10.0.0.1:8080/tcp"),
        ({"value": "0:0:0:0:0:0:0:1"}, "::1:8080/tcp"),
        ({"type": "IPAddress"}, ":8080/tcp"),
    ],
)
def test_listens_on_the_addresses_of_the_gateway(address: Document, key: str) -> None:
    binding = bound(gateway(spec={"addresses": [address]}))
    assert [port.key for port in binding.ports] == [key]


def test_status_names_the_addresses_in_one_way_of_writing() -> None:
    binding = bound(gateway(spec={"addresses": [{"value": "::0:1"}, {"value": "10.0.0.1"}]}))
    assert status(binding, "Gateway", "edge").addresses == ("::1", "10.0.0.1")
    assert status(bound(gateway()), "Gateway", "edge").addresses == ("0.0.0.0", "::"), "all interfaces"


def test_address_of_another_type_refuses_the_gateway() -> None:
    binding = bound(gateway(spec={"addresses": [{"type": "Hostname", "value": "a.example"}]}))
    found = status(binding, "Gateway", "edge")
    assert reason(found.condition("Accepted")) == ("False", "UnsupportedAddress")
    assert reason(found.condition("Programmed")) == ("False", "Invalid")
    assert listener_reason(binding, "edge", "Accepted") == ("False", "Invalid")
    assert binding.ports == ()


def test_parameters_of_a_gateway_refuse_it() -> None:
    parameters = {"group": "", "kind": "ConfigMap", "name": "x"}
    binding = bound(gateway(spec={"infrastructure": {"parametersRef": parameters}}))
    assert reason(status(binding, "Gateway", "edge").condition("Accepted")) == ("False", "InvalidParameters")


def test_protocol_that_is_not_served_leaves_the_others_in_service() -> None:
    binding = bound(gateway("edge", listener(), listener("tcp", port=9000, protocol="TCP")))
    assert listener_reason(binding, "edge", "Accepted", 1) == ("False", "UnsupportedProtocol")
    assert listener_reason(binding, "edge", "Programmed", 1) == ("False", "Invalid")
    assert reason(status(binding, "Gateway", "edge").condition("Accepted")) == ("True", "ListenersNotValid")
    assert reason(status(binding, "Gateway", "edge").condition("Programmed")) == ("True", "Programmed")
    assert [port.key for port in binding.ports] == [":8080/tcp"]


def test_gateway_without_a_good_listener_is_refused() -> None:
    binding = bound(gateway("edge", listener(protocol="TCP")))
    assert reason(status(binding, "Gateway", "edge").condition("Accepted")) == ("False", "ListenersNotValid")
    assert reason(status(binding, "Gateway", "edge").condition("Programmed")) == ("False", "Invalid")


def test_supported_kinds_are_those_that_are_asked_for_and_carried() -> None:
    kinds = [{"kind": "HTTPRoute"}, {"kind": "TCPRoute"}, {"group": "other.dev", "kind": "HTTPRoute"}]
    binding = bound(gateway("edge", listener(allowedRoutes={"kinds": kinds})))
    assert status(binding, "Gateway", "edge").listeners[0].supported_kinds == ("HTTPRoute",)
    assert listener_reason(binding, "edge", "ResolvedRefs") == ("False", "InvalidRouteKinds")
    assert listener_reason(binding, "edge", "Accepted") == ("True", "Accepted")
    assert status(bound(gateway()), "Gateway", "edge").listeners[0].supported_kinds == ("HTTPRoute", "GRPCRoute")


def test_conflict_is_an_error_at_the_port() -> None:
    binding = bound(gateway("a"), gateway("b"))
    assert listener_reason(binding, "a", "Conflicted") == ("True", "HostnameConflict")
    assert listener_reason(binding, "a", "Accepted") == ("False", "HostnameConflict")
    assert [note.resource.metadata.name for note in binding.notes if note.severity == "error"] == ["a", "b"]
    assert list(notes_on(binding.notes)) == ["spec.listeners[0].port"]


def test_listener_without_a_conflict_says_so() -> None:
    assert listener_reason(bound(gateway()), "edge", "Conflicted") == ("False", "NoConflicts")


def test_operator_of_a_selector_that_there_is_not_is_an_error() -> None:
    selector = {"matchExpressions": [{"key": "tier", "operator": "Exist"}]}
    allowed = {"namespaces": {"from": "Selector", "selector": selector}}
    (note,) = bound(gateway("edge", listener(allowedRoutes=allowed))).notes
    assert (note.severity, note.suggestion) == ("error", 'did you mean "Exists"?')
    assert note.path[-3:] == ("matchExpressions", 0, "operator")


def test_selector_that_is_left_out_is_told() -> None:
    (note,) = bound(gateway("edge", listener(allowedRoutes={"namespaces": {"from": "Selector"}}))).notes
    assert (note.severity, "lets no route attach" in note.message) == ("warning", True)


@pytest.mark.parametrize(
    ("admin", "addresses", "clashes"),
    [
        ({"port": 8080}, [], True),
        ({"port": 8080}, [{"value": "127.0.0.1"}], True),
        ({"port": 8080}, [{"value": "127.0.0.2"}], False),
        ({"port": 8080, "address": "0.0.0.0"}, [{"value": "127.0.0.2"}], True),
        ({"port": 8081}, [], False),
    ],
)
def test_port_of_the_admin_api_is_taken(admin: Document, addresses: list[Document], clashes: bool) -> None:
    weir = document("weir.dev/v1", "Weir", "weir", {"admin": admin})
    errors = notes_on(bound(weir, gateway(spec={"addresses": addresses})).notes)
    assert list(errors) == (["spec.listeners[0].port"] if clashes else [])
