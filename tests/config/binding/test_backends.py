"""References to backends: which resolve, with which reason the others do not, and the plan of each backend."""

from __future__ import annotations

import pytest

from config.binding.backends import Backends, Resolved
from config.binding.catalog import Catalog
from config.binding.grants import Grants
from config.binding.policies import bind_policies
from config.resources.http_route import HTTPRoute
from config.resources.references import BackendObjectReference, LocalObjectReference
from config.resources.resource import Resource
from config.snapshot import BackendPlan
from tests.config.manifests import (
    GATEWAY_API,
    WEIR_API,
    Document,
    backend,
    catalog,
    document,
    grant,
    resources,
    route,
    service,
)


def backends_of(*documents: Document) -> Backends:
    found = catalog(*documents)
    grants = Grants(found)
    policies = bind_policies(found, grants, []).backends
    return Backends(found, grants, policies)


def resolve(ref: Document, *documents: Document, referrer: Document | None = None) -> Resolved:
    (own,) = resources(referrer or route())
    return backends_of(*documents).resolve(BackendObjectReference.model_validate(ref), own)


def to_backend(name: str = "orders", **fields: object) -> Document:
    return {"group": "weir.dev", "kind": "Backend", "name": name, **fields}


def test_backend_goes_by_namespace_and_name() -> None:
    assert resolve(to_backend(), backend()) == Resolved("shop/orders")


def test_missing_backend_comes_with_the_nearest_name() -> None:
    found = resolve(to_backend("order"), backend())
    assert (found.backend, found.reason, found.suggestion) == (None, "BackendNotFound", 'did you mean "orders"?')


def test_other_kind_is_no_backend() -> None:
    found = resolve({"group": "weir.dev", "kind": "Backnd", "name": "orders"}, backend())
    assert (found.reason, found.suggestion) == ("InvalidKind", 'did you mean "Backend"?')
    assert resolve({"group": "other.dev", "kind": "Service", "name": "web"}).reason == "InvalidKind"


def test_other_namespace_needs_a_grant_there() -> None:
    there = backend(namespace="bakery")
    ref = to_backend(namespace="bakery")
    assert resolve(ref, there).reason == "RefNotPermitted"
    permitted = grant("bakery", {"group": "weir.dev", "kind": "Backend", "name": "orders"})
    assert resolve(ref, there, permitted) == Resolved("bakery/orders")


def test_grant_for_one_route_is_none_for_another() -> None:
    """What was found for a route of one namespace is not handed to one of another."""
    found = backends_of(backend(namespace="bakery"), grant("bakery", {"group": "weir.dev", "kind": "Backend"}))
    ref = BackendObjectReference.model_validate(to_backend(namespace="bakery"))
    own, stranger = resources(route(), route(namespace="farm"))
    assert found.resolve(ref, own).backend == "bakery/orders"
    assert found.resolve(ref, stranger).reason == "RefNotPermitted"


@pytest.mark.parametrize("protocol", ["h2", "h2c", "grpc", "tcp", "udp"])
def test_protocol_that_is_not_spoken_is_refused(protocol: str) -> None:
    spec = {"protocol": protocol, "static": {"endpoints": []}}
    assert resolve(to_backend(), backend(spec=spec)).reason == "UnsupportedProtocol"


def test_service_goes_by_its_port() -> None:
    assert resolve({"name": "web", "port": 80}, service()) == Resolved("shop/web:80")


def test_service_has_a_plan_once_an_http_route_refers_to_it() -> None:
    labels = {"kubernetes.io/service-name": "web"}
    part = {**document("discovery.k8s.io/v1", "EndpointSlice", "web-1", labels=labels), "addressType": "IPv4"}
    found = backends_of(service("web", {"port": 80, "name": "http"}), part)
    assert found.plans == {}
    (own,) = resources(route())
    found.resolve(BackendObjectReference(name="web", port=80), own)
    plan = found.plans["shop/web:80"]
    assert plan.spec.endpoint_slice is not None
    assert (plan.spec.endpoint_slice.service, plan.spec.endpoint_slice.port) == ("web", "http")
    assert [each.metadata.name for each in plan.slices] == ["web-1"]


def test_service_without_that_port_lists_those_that_it_has() -> None:
    found = resolve({"name": "web", "port": 81}, service("web", {"port": 80}, {"port": 53, "protocol": "UDP"}))
    assert (found.reason, found.message) == (
        "BackendNotFound",
        "Service shop/web has no TCP port 81, only: 80/TCP, 53/UDP",
    )


def test_udp_port_serves_a_udp_route_alone() -> None:
    dns = service("dns", {"port": 53, "protocol": "UDP"})
    ref: Document = {"name": "dns", "port": 53}
    assert resolve(ref, dns).reason == "UnsupportedProtocol"
    rules = [{"backendRefs": [ref]}]
    udp = document(GATEWAY_API, "UDPRoute", "dns", {"rules": rules})
    assert resolve(ref, dns, referrer=udp) == Resolved("shop/dns:53")


@pytest.mark.parametrize(
    "web",
    [
        service("web", {"port": 80, "appProtocol": "kubernetes.io/h2c"}),
        service("web", spec={"type": "ExternalName", "externalName": "a.example"}),
    ],
)
def test_service_that_cannot_be_spoken_to_is_refused(web: Document) -> None:
    assert resolve({"name": "web", "port": 80}, web).reason == "UnsupportedProtocol"


def test_backend_that_a_policy_asks_tls_for_is_not_spoken_to_in_the_clear() -> None:
    validation = {"wellKnownCACertificates": "System", "hostname": "orders.example"}
    target = {"group": "weir.dev", "kind": "Backend", "name": "orders"}
    tls = document(GATEWAY_API, "BackendTLSPolicy", "tls", {"targetRefs": [target], "validation": validation})
    found = resolve(to_backend(), backend(), tls)
    assert found.reason == "UnsupportedProtocol"
    assert "BackendTLSPolicy shop/tls asks for TLS" in found.message


def test_policy_of_a_backend_is_in_its_plan() -> None:
    target = {"group": "weir.dev", "kind": "Backend", "name": "orders"}
    spec = {"targetRefs": [target], "loadBalancer": {"type": "LeastRequest"}}
    plans = backends_of(backend(), backend("other"), document(WEIR_API, "BackendPolicy", "x", spec)).plans
    assert plans["shop/orders"].policy.load_balancer.type == "LeastRequest"
    assert plans["shop/other"].policy.load_balancer.type == "RoundRobin"


def test_plan_of_a_backend_is_the_same_object_while_it_says_the_same() -> None:
    (own,) = resources(backend())
    (policy,) = resources(document(WEIR_API, "BackendPolicy", "p", {"targetRefs": [to_backend()]}))

    def planned(*others: Resource) -> BackendPlan:
        found = Catalog([own, *others])
        policies = bind_policies(found, Grants(found), []).backends
        return Backends(found, Grants(found), policies).plans["shop/orders"]

    first = planned()
    assert planned() is first
    with_policy = planned(policy)
    assert with_policy != first
    assert planned(policy) is with_policy
    assert planned() == first


def test_slices_of_a_backend_are_those_of_its_service() -> None:
    labels = {"kubernetes.io/service-name": "web"}
    part = {**document("discovery.k8s.io/v1", "EndpointSlice", "web-1", labels=labels), "addressType": "IPv4"}
    plans = backends_of(backend(spec={"endpointSlice": {"service": "web"}}), part).plans
    assert [each.metadata.name for each in plans["shop/orders"].slices] == ["web-1"]


def test_extension_is_a_traffic_policy_of_the_own_namespace() -> None:
    found = backends_of(document(WEIR_API, "TrafficPolicy", "limits", {}))
    (own,) = resources(route())
    assert isinstance(own, HTTPRoute)

    def failure(kind: str, name: str) -> Resolved | None:
        return found.extension_failure(LocalObjectReference(group="weir.dev", kind=kind, name=name), own)

    assert failure("TrafficPolicy", "limits") is None
    missing, wrong = failure("TrafficPolicy", "limit"), failure("Backend", "limits")
    assert missing is not None and wrong is not None
    assert (missing.reason, missing.suggestion) == ("ExtensionNotFound", 'did you mean "limits"?')
    assert wrong.reason == "InvalidKind"
