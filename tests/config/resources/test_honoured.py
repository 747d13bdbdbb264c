"""Which fields of a resource have no effect yet: those that were set, by path and by value."""

from __future__ import annotations

from config.resources.backend import Backend
from config.resources.gateway import Gateway
from config.resources.honoured import unhonoured
from config.resources.http_route import HTTPRoute
from config.resources.resource import Resource

GATEWAY_API = "gateway.networking.k8s.io/v1"


def read(kind: type[Resource], spec: object) -> Resource:
    return kind.read({"apiVersion": kind.API_VERSIONS[0], "kind": kind.KIND, "metadata": {"name": "x"}, "spec": spec})


def test_a_default_is_no_use_of_a_field() -> None:
    """A route that sets only what is carried out has nothing to report."""
    rule = {"backendRefs": [{"name": "a", "port": 80}], "timeouts": {"request": "1s"}}
    assert unhonoured(read(HTTPRoute, {"rules": [rule]})) == []


def test_finds_fields_within_lists() -> None:
    """Any item of any list on the way counts, once."""
    backend = {"name": "a", "port": 1}
    auth = {"type": "ExternalAuth", "externalAuth": {"protocol": "GRPC", "grpc": {}, "backendRef": backend}}
    rules = [
        {},
        {"filters": [auth, auth]},
        {"backendRefs": [{**backend, "filters": [auth]}]},
    ]
    assert unhonoured(read(HTTPRoute, {"rules": rules})) == [
        "spec.rules[].backendRefs[].filters[].externalAuth.protocol=GRPC",
        "spec.rules[].filters[].externalAuth.protocol=GRPC",
    ]


def test_tells_values_apart() -> None:
    """A listener for HTTPS is reported, one for HTTP is not; so with protocols of backends."""
    listeners = [{"name": "a", "port": 80, "protocol": "HTTP"}, {"name": "b", "port": 443, "protocol": "HTTPS"}]
    gateway = read(Gateway, {"gatewayClassName": "weir", "listeners": listeners})
    assert unhonoured(gateway) == ["spec.listeners[].protocol=HTTPS"]
    endpoints = {"static": {"endpoints": []}}
    assert unhonoured(read(Backend, {**endpoints, "protocol": "http1"})) == []
    assert unhonoured(read(Backend, {**endpoints, "protocol": "h2"})) == ["spec.protocol=h2"]


def test_null_is_no_use_of_a_field() -> None:
    """A null field is one that is left out."""
    assert unhonoured(read(HTTPRoute, {"useDefaultGateways": None, "rules": [{"filters": None}]})) == []
