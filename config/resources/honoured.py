"""What is modelled whole but not carried out by this version, and which of it a resource uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pydantic import BaseModel

from config.resources.resource import Resource

NOT_YET: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Weir": (
            "spec.admin.tokens",
            "spec.allowExecHealthChecks",
            "spec.redis",
            "spec.telemetry.tracing",
        ),
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
            "spec.circuitBreaker",
            "spec.connectionPool.maxStreams",
            "spec.drain",
            "spec.healthCheck",
            "spec.loadBalancer.decay",
            "spec.loadBalancer.hashBalanceFactor",
            "spec.loadBalancer.hashOn",
            "spec.loadBalancer.maglev",
            "spec.loadBalancer.ringHash",
            "spec.loadBalancer.type=Maglev",
            "spec.loadBalancer.type=PeakEwma",
            "spec.loadBalancer.type=RingHash",
            "spec.locality",
            "spec.outlierDetection",
            "spec.panicThreshold",
            "spec.proxyProtocol",
            "spec.slowStart",
            "spec.subset",
            "spec.targetRefs[].sectionName",
            "spec.tls",
        ),
        "TrafficPolicy": ("spec",),
        "DNSZone": ("spec",),
        "Tenant": ("spec",),
        "GatewayClass": ("spec.parametersRef",),
        "Gateway": (
            "spec.addresses[].type=Hostname",
            "spec.addresses[].type=NamedAddress",
            "spec.allowedListeners",
            "spec.infrastructure",
            "spec.listeners[].protocol=HTTPS",
            "spec.listeners[].protocol=TCP",
            "spec.listeners[].protocol=TLS",
            "spec.listeners[].protocol=UDP",
            "spec.listeners[].tls",
            "spec.tls",
        ),
        "ListenerSet": ("spec",),
        "HTTPRoute": (
            "spec.rules[].backendRefs[].filters[].cors",
            "spec.rules[].backendRefs[].filters[].extensionRef",
            "spec.rules[].backendRefs[].filters[].externalAuth",
            "spec.rules[].filters[].cors",
            "spec.rules[].filters[].extensionRef",
            "spec.rules[].filters[].externalAuth",
            "spec.rules[].retry",
            "spec.rules[].sessionPersistence",
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
        "Secret": ("data", "stringData"),
        "ConfigMap": ("binaryData", "data"),
        "EndpointSlice": ("addressType=FQDN", "endpoints[].hints", "ports[].appProtocol"),
    }
)
"""By kind, the fields without effect so far: a path, `[]` for every item, `=value` where only that value has none."""


def unhonoured(resource: Resource) -> list[str]:
    """The paths of NOT_YET that `resource` sets itself (a default does not count), in the order of NOT_YET.

    Deployments and Pods are left alone as a whole, by design, and are not in the list.
    """
    return [path for path in NOT_YET.get(resource.kind, ()) if _is_set(resource, path)]


def _is_set(resource: Resource, path: str) -> bool:
    place, _, value = path.partition("=")
    return any(not value or str(found) == value for found in _values(resource, place.split(".")))


def _values(model: object, names: list[str]) -> Iterator[object]:
    """What was set explicitly at the end of `names`, for every item of the lists on the way."""
    if not isinstance(model, BaseModel):
        return
    name, every = names[0].removesuffix("[]"), names[0].endswith("[]")
    attribute = next((key for key in model.model_fields_set if type(model).model_fields[key].alias == name), None)
    if attribute is None:
        return
    value = getattr(model, attribute)
    for item in value if every else (value,):
        if len(names) > 1:
            yield from _values(item, names[1:])
        else:
            yield item
