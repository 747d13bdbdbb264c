"""From resources to what is served: ports with their listeners, backends, and the status of every resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.binding.backends import Backends
from config.binding.catalog import Catalog, Note
from config.binding.conditions import condition, status_of
from config.binding.conditions_in_policies import check_conditions
from config.binding.cross_origin import check_cross_origin
from config.binding.expressions import check_expressions
from config.binding.filter_values import check_filters
from config.binding.grants import Grants
from config.binding.health_checks import check_health_checks
from config.binding.limit_reach import check_limit_reach
from config.binding.listener_sets import bind_listener_sets
from config.binding.listeners import bind_classes, bind_gateways, check_admin_port
from config.binding.policies import bind_policies
from config.binding.policy_backends import resolve_policy_backends
from config.binding.ports import ports
from config.binding.routes import bind_routes
from config.binding.shaping_values import check_shaping
from config.binding.tenants import Tenants
from config.resources.policy_test import PolicyTest
from config.resources.resource import Resource
from config.resources.weir import Weir, WeirSpec
from config.resources.workload import Deployment, Pod
from config.snapshot import BackendPlan, Port
from config.status import ResourceStatus

_WITH_OWN_STATUS = frozenset(
    (
        "GatewayClass",
        "Gateway",
        "ListenerSet",
        "HTTPRoute",
        "GRPCRoute",
        "TLSRoute",
        "TCPRoute",
        "UDPRoute",
        "BackendPolicy",
        "TrafficPolicy",
        "BackendTLSPolicy",
        "Tenant",
    )
)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a set of resources comes to; `notes` with severity `error` make the set unfit."""

    process: WeirSpec
    ports: tuple[Port, ...]
    backends: Mapping[str, BackendPlan]
    statuses: tuple[ResourceStatus, ...]
    notes: tuple[Note, ...]


def bind(resources: Sequence[Resource]) -> Binding:
    """Bind a whole set, in which no two resources share kind, namespace and name."""
    catalog = Catalog(resources)
    notes: list[Note] = []
    process = next((weir.spec for weir in catalog.all(Weir)), WeirSpec())
    grants = Grants(catalog)
    check_expressions(catalog, notes)
    check_filters(catalog, notes)
    check_cross_origin(catalog, notes)
    check_conditions(catalog, notes)
    check_shaping(catalog, notes)
    tenants = Tenants(catalog, notes)
    check_health_checks(catalog, process, notes)
    check_limit_reach(catalog, process, notes)
    policies = bind_policies(catalog, grants, notes)
    classes, class_statuses = bind_classes(catalog)
    gateways = bind_gateways(catalog, grants, classes, notes)
    listener_sets = bind_listener_sets(catalog, grants, gateways, notes)
    check_admin_port(gateways, process.admin, notes)
    backends = Backends(catalog, grants, policies.backends)
    policies = resolve_policy_backends(catalog, backends, policies, notes)
    route_statuses = bind_routes(catalog, [*gateways, *listener_sets], backends, policies.traffic, tenants, notes)
    statuses = [
        *class_statuses,
        *(gateway.status() for gateway in gateways),
        *(listener_set.status() for listener_set in listener_sets),
        *route_statuses,
        *policies.statuses,
        *tenants.statuses,
        *(_plain_status(resource) for resource in resources if resource.kind not in _WITH_OWN_STATUS),
    ]
    statuses.sort(key=lambda status: (status.kind, status.namespace, status.name))
    return Binding(process, ports(gateways, policies.traffic), backends.plans, tuple(statuses), tuple(notes))


def _plain_status(resource: Resource) -> ResourceStatus:
    if isinstance(resource, Deployment | Pod):
        message = "taken so that a file with it can be used; Weir does nothing with it"
        return status_of(resource, [condition(resource, "Accepted", holds=True, reason="Ignored", message=message)])
    if isinstance(resource, PolicyTest):
        message = "for `weir test`; nothing of it is served"
        return status_of(resource, [condition(resource, "Accepted", holds=True, reason="Accepted", message=message)])
    return status_of(resource, [condition(resource, "Accepted", holds=True, reason="Accepted")])
