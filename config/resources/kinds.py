"""The list of all kinds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from config.resources.backend import Backend
from config.resources.backend_policy import BackendPolicy
from config.resources.backend_tls_policy import BackendTLSPolicy
from config.resources.config_map import ConfigMap
from config.resources.dns_zone import DNSZone
from config.resources.endpoint_slice import EndpointSlice
from config.resources.gateway import Gateway
from config.resources.gateway_class import GatewayClass
from config.resources.grpc_route import GRPCRoute
from config.resources.http_route import HTTPRoute
from config.resources.listener_set import ListenerSet
from config.resources.namespace import Namespace
from config.resources.policy_test import PolicyTest
from config.resources.reference_grant import ReferenceGrant
from config.resources.resource import Resource
from config.resources.secret import Secret
from config.resources.service import Service
from config.resources.tcp_route import TCPRoute
from config.resources.tenant import Tenant
from config.resources.tls_route import TLSRoute
from config.resources.traffic_policy import TrafficPolicy
from config.resources.udp_route import UDPRoute
from config.resources.weir import Weir
from config.resources.workload import Deployment, Pod

CLASSES: tuple[type[Resource], ...] = (
    Weir,
    Backend,
    BackendPolicy,
    TrafficPolicy,
    DNSZone,
    Tenant,
    PolicyTest,
    GatewayClass,
    Gateway,
    ListenerSet,
    HTTPRoute,
    GRPCRoute,
    TLSRoute,
    TCPRoute,
    UDPRoute,
    ReferenceGrant,
    BackendTLSPolicy,
    Namespace,
    Service,
    Secret,
    ConfigMap,
    EndpointSlice,
    Deployment,
    Pod,
)
"""The kinds, in the order of the documentation."""

KINDS: Mapping[tuple[str, str], type[Resource]] = MappingProxyType(
    {(api_version, kind.KIND): kind for kind in CLASSES for api_version in kind.API_VERSIONS}
)
"""The model of each (apiVersion, kind)."""
