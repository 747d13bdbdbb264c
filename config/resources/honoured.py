"""What is modelled whole but not carried out by this version, and which of it a resource uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pydantic import BaseModel

from config.problems import PathPart
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
    return [path for path, _ in unhonoured_places(resource)]


def unhonoured_places(resource: Resource) -> list[tuple[str, tuple[PathPart, ...]]]:
    """The same, each with the path in the document where it is set first."""
    found: list[tuple[str, tuple[PathPart, ...]]] = []
    for path in NOT_YET.get(resource.kind, ()):
        place, _, wanted = path.partition("=")
        for where, value in _values(resource, place.split(".")):
            if not wanted or str(value) == wanted:
                found.append((path, where))
                break
    return found


def _values(model: object, names: list[str]) -> Iterator[tuple[tuple[PathPart, ...], object]]:
    """What was set explicitly at the end of `names`, for every item of the lists on the way, with where it is."""
    if not isinstance(model, BaseModel):
        return
    name, every = names[0].removesuffix("[]"), names[0].endswith("[]")
    attribute = next((key for key in model.model_fields_set if type(model).model_fields[key].alias == name), None)
    if attribute is None:
        return
    value = getattr(model, attribute)
    here: tuple[PathPart, ...] = (name,)
    for where, item in [((*here, at), item) for at, item in enumerate(value)] if every else [(here, value)]:
        if len(names) > 1:
            for rest, found in _values(item, names[1:]):
                yield (*where, *rest), found
        else:
            yield where, item
