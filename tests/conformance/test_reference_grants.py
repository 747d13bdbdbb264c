"""ReferenceGrants by the descriptions of their CRD: what crosses namespaces, and what no longer does."""

from __future__ import annotations

import pytest

from tests.config.manifests import BACKEND_REF, GATEWAY_API, Document, backend, document, gateway, route, service
from tests.support.served import served, text_of
from tests.support.statuses import Statuses

GROUP = "gateway.networking.k8s.io"
TO_BACKEND: Document = {"group": "weir.dev", "kind": "Backend"}
FROM_SHOP: Document = {"group": GROUP, "kind": "HTTPRoute", "namespace": "shop"}


def grant(from_: list[Document], to: list[Document], name: str = "g", namespace: str = "vault") -> Document:
    return document(GATEWAY_API, "ReferenceGrant", name, {"from": from_, "to": to}, namespace=namespace)


def config(*grants: Document, ref: Document = BACKEND_REF) -> str:
    far = {**ref, "namespace": "vault"}
    rule: Document = {"backendRefs": [far]}
    targets = (backend(namespace="vault"), service(namespace="vault"))
    return text_of(gateway(), *targets, route("a", rule), *grants)


PERMITTED, REFUSED = ("True", "ResolvedRefs"), ("False", "RefNotPermitted")


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([], REFUSED),
        ([grant([FROM_SHOP], [TO_BACKEND])], PERMITTED),
        ([grant([FROM_SHOP], [{**TO_BACKEND, "name": "orders"}])], PERMITTED),
        ([grant([FROM_SHOP], [{**TO_BACKEND, "name": "other"}])], REFUSED),
        ([grant([FROM_SHOP], [{"group": "", "kind": "Service"}])], REFUSED),
        ([grant([FROM_SHOP], [{"group": "", "kind": "Backend"}])], REFUSED),
        ([grant([{**FROM_SHOP, "namespace": "bakery"}], [TO_BACKEND])], REFUSED),
        ([grant([{**FROM_SHOP, "kind": "GRPCRoute"}], [TO_BACKEND])], REFUSED),
        ([grant([{**FROM_SHOP, "group": ""}], [TO_BACKEND])], REFUSED),
        ([grant([FROM_SHOP], [TO_BACKEND], namespace="shop")], REFUSED),
        ([grant([{**FROM_SHOP, "namespace": "bakery"}, FROM_SHOP], [TO_BACKEND])], PERMITTED),
        ([grant([FROM_SHOP], [{"group": "", "kind": "Service"}, TO_BACKEND])], PERMITTED),
        (
            [grant([{**FROM_SHOP, "namespace": "bakery"}], [TO_BACKEND], "a"), grant([FROM_SHOP], [TO_BACKEND])],
            PERMITTED,
        ),
    ],
)
def test_a_grant_holds_for_the_referrer_and_the_target_that_it_gives(
    grants: list[Document], expected: tuple[str, str]
) -> None:
    """In the namespace of the target; entries, and grants, add to each other."""
    assert Statuses(config(*grants)).parent("a")["ResolvedRefs"] == expected


async def test_traffic_crosses_namespaces_only_while_there_is_a_grant() -> None:
    given = config(grant([FROM_SHOP], [TO_BACKEND]))
    async with served(config(), ["vault/orders"]) as weir:
        assert (await weir.ask()).status == 500
        weir.apply(given)
        assert (await weir.ask()).backend == "orders"
        weir.apply(config())
        assert (await weir.ask()).status == 500, "the access is revoked with the grant"


def test_a_grant_is_for_a_service_too() -> None:
    ref: Document = {"group": "", "kind": "Service", "name": "web", "port": 80}
    found = Statuses(config(grant([FROM_SHOP], [{"group": "", "kind": "Service", "name": "web"}]), ref=ref))
    assert found.parent("a")["ResolvedRefs"] == PERMITTED


@pytest.mark.parametrize("kind", ["GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"])
@pytest.mark.parametrize("granted", [True, False])
def test_every_kind_of_route_needs_a_grant_of_its_own(kind: str, granted: bool) -> None:
    protocol = "UDP" if kind == "UDPRoute" else "TCP"
    spec: Document = {
        "parentRefs": [{"name": "edge"}],
        "rules": [{"backendRefs": [{"name": "web", "namespace": "vault", "port": 80}]}],
    }
    if kind == "TLSRoute":
        spec["hostnames"] = ["a.example"]
    from_ = {**FROM_SHOP, "kind": kind if granted else "HTTPRoute"}
    target = service("web", {"port": 80, "protocol": protocol}, namespace="vault")
    grants = grant([from_], [{"group": "", "kind": "Service"}])
    found = Statuses(text_of(gateway(), target, document(GATEWAY_API, kind, "a", spec), grants))
    assert found.parent("a", kind)["ResolvedRefs"] == (PERMITTED if granted else REFUSED)


@pytest.mark.parametrize("granted", [True, False])
def test_a_gateway_needs_a_grant_for_a_certificate_elsewhere(granted: bool) -> None:
    pair = {"tls.crt": "cGVt", "tls.key": "cGVt"}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pair", "namespace": "vault"},
        "type": "kubernetes.io/tls",
        "data": pair,
    }
    https: Document = {
        "name": "s",
        "port": 8443,
        "protocol": "HTTPS",
        "tls": {"certificateRefs": [{"name": "pair", "namespace": "vault"}]},
    }
    from_: Document = {"group": GROUP, "kind": "Gateway", "namespace": "shop"}
    grants = [grant([from_], [{"group": "", "kind": "Secret"}])] if granted else []
    found = Statuses(text_of(gateway("edge", https), secret, *grants))
    conditions = {each.type: (each.status, each.reason) for each in found.listener("Gateway", "edge", "s").conditions}
    assert conditions["ResolvedRefs"] == (PERMITTED if granted else REFUSED)
