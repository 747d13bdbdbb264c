"""What is modelled whole but not carried out by this version, and which of it a resource uses."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel

from config.identity_memo import IdentityMemo
from config.problems import PathPart
from config.resources.resource import Resource

NOT_YET: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Weir": ("spec.telemetry.tracing",),
        "Backend": (
            "spec.protocol=grpc",
            "spec.protocol=h2",
            "spec.protocol=h2c",
            "spec.protocol=tcp",
            "spec.protocol=udp",
        ),
        "BackendPolicy": (
            "spec.adaptiveConcurrency",
            "spec.bufferBytes",
            "spec.circuitBreaker.failures.scope=Global",
            "spec.circuitBreaker.fallback.backendRef",
            "spec.circuitBreaker.fallback.cached",
            "spec.connectionPool.maxStreams",
            "spec.healthCheck.grpc",
            "spec.proxyProtocol",
            "spec.targetRefs[].sectionName",
            "spec.tls",
        ),
        "TrafficPolicy": (
            "spec.access.external.protocol=GRPC",
            "spec.access.identity",
            "spec.cache",
            "spec.hedging",
            "spec.overload",
            "spec.targetRefs[].kind=Backend",
            "spec.targetRefs[].kind=Service",
            "spec.targetRefs[].kind=TCPRoute",
            "spec.targetRefs[].kind=TLSRoute",
            "spec.targetRefs[].kind=UDPRoute",
            "spec.timeouts.maxStream",
            "spec.timeouts.streamIdle",
        ),
        "DNSZone": ("spec",),
        "Tenant": ("spec.access", "spec.metering", "spec.quota", "spec.rateLimits"),
        "GatewayClass": ("spec.parametersRef",),
        "Gateway": (
            "spec.addresses[].type=Hostname",
            "spec.addresses[].type=NamedAddress",
            "spec.infrastructure",
            "spec.listeners[].protocol=HTTPS",
            "spec.listeners[].protocol=TCP",
            "spec.listeners[].protocol=TLS",
            "spec.listeners[].protocol=UDP",
            "spec.listeners[].tls",
            "spec.tls",
        ),
        "ListenerSet": (
            "spec.listeners[].protocol=HTTPS",
            "spec.listeners[].protocol=TCP",
            "spec.listeners[].protocol=TLS",
            "spec.listeners[].protocol=UDP",
            "spec.listeners[].tls",
        ),
        "HTTPRoute": (
            "spec.rules[].backendRefs[].filters[].externalAuth.protocol=GRPC",
            "spec.rules[].filters[].externalAuth.protocol=GRPC",
            "spec.useDefaultGateways",
        ),
        "GRPCRoute": ("spec",),
        "TLSRoute": ("spec",),
        "TCPRoute": ("spec",),
        "UDPRoute": ("spec",),
        "BackendTLSPolicy": ("spec",),
        "Service": (
            "spec.ports[].appProtocol",
            "spec.sessionAffinity=ClientIP",
            "spec.trafficDistribution",
            "spec.type=ExternalName",
        ),
        "Secret": ("type=kubernetes.io/tls",),
        "ConfigMap": ("binaryData", "data"),
        "EndpointSlice": ("addressType=FQDN", "endpoints[].hints", "ports[].appProtocol"),
    }
)
"""By kind, the fields without effect so far: a path, `[]` for every item, `=value` where only that value has none."""


_KNOWN: IdentityMemo[list[tuple[str, tuple[PathPart, ...]]]] = IdentityMemo()


def unhonoured(resource: Resource) -> list[str]:
    """The paths of NOT_YET that `resource` sets itself (a default does not count), in the order of NOT_YET.

    Deployments and Pods are left alone as a whole, by design, and are not in the list.
    """
    return [path for path, _ in unhonoured_places(resource)]


def unhonoured_places(resource: Resource) -> list[tuple[str, tuple[PathPart, ...]]]:
    """The same, each with the path in the document where it is set first."""
    paths = NOT_YET.get(resource.kind)
    if paths is None:
        return []
    known = _KNOWN.get(resource)
    if known is not None:
        return known
    found: dict[str, tuple[PathPart, ...]] = {}
    _search(resource, _TREES[resource.kind], (), found)
    return _KNOWN.keep(resource, [(path, found[path]) for path in paths if path in found])


class _Tree:
    """The paths of a kind by their names, so that a resource is walked once, and only where it sets something."""

    __slots__ = ("children", "every", "path", "values")

    def __init__(self) -> None:
        self.children: dict[str, _Tree] = {}
        self.every = False
        """Whether the value is a list whose items count."""
        self.path = ""
        """What is reported where the field is set at all."""
        self.values: dict[str, str] = {}
        """What is reported where it has one of these values."""


def _tree(paths: tuple[str, ...]) -> _Tree:
    root = _Tree()
    for path in paths:
        place, _, value = path.partition("=")
        node = root
        for name in place.split("."):
            node = node.children.setdefault(name.removesuffix("[]"), _Tree())
            node.every = node.every or name.endswith("[]")
        if value:
            node.values[value] = path
        else:
            node.path = path
    return root


_TREES = {kind: _tree(paths) for kind, paths in NOT_YET.items()}


def _search(model: object, tree: _Tree, here: tuple[PathPart, ...], found: dict[str, tuple[PathPart, ...]]) -> None:
    """Note in `found` where each path of `tree` is set first under `model`."""
    if not isinstance(model, BaseModel):
        return
    fields = type(model).model_fields
    for attribute in model.model_fields_set:
        name = fields[attribute].alias or attribute
        node = tree.children.get(name)
        if node is None:
            continue
        value, place = getattr(model, attribute), (*here, name)
        if node.path:
            found.setdefault(node.path, place)
        if reported := node.values.get(str(value)) if node.values else None:
            found.setdefault(reported, place)
        if node.children:
            for where, item in (
                [((*place, at), item) for at, item in enumerate(value)] if node.every else [(place, value)]
            ):
                _search(item, node, where, found)
