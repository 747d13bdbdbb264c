"""References to backends: whether they resolve, and the plan of each backend that there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from config.binding.after_choice import fitting_fields, too_late
from config.binding.catalog import Catalog
from config.binding.grants import Grants
from config.binding.policies import BackendPolicies
from config.identity_memo import IdentityMemo
from config.problems import nearest
from config.resources.backend import Backend, BackendSpec, EndpointSliceSource
from config.resources.references import WEIR_GROUP, BackendObjectReference, LocalObjectReference
from config.resources.resource import Resource
from config.resources.service import Service, ServicePort
from config.resources.traffic_policy import TrafficPolicy
from config.snapshot import BackendPlan

SERVED_PROTOCOLS = frozenset(("auto", "http1"))
"""What this version speaks to a Backend."""
SERVED_APP_PROTOCOLS = frozenset(("", "http", "HTTP", "kubernetes.io/ws"))
"""What this version speaks to a Service."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A backendRef looked up: a name of `Snapshot.backends`, or None with Gateway API's reason and a message."""

    backend: str | None
    reason: str = ""
    message: str = ""
    suggestion: str = ""


Question = tuple[str, str, str, str, str, str, int | None]
"""What a reference asks, and who asks it: kind and namespace of the route, then group, kind, namespace, name, port."""

_PLANS: IdentityMemo[BackendPlan] = IdentityMemo()
_FOUND: IdentityMemo[Resolved] = IdentityMemo()
"""The answer that is a Backend, so that the same one is the same object."""


def _kept(backend: Backend, plan: BackendPlan) -> BackendPlan:
    """The plan that `backend` had before, where it says the same: whoever knows that object knows the plan."""
    before = _PLANS.get(backend)
    return before if before == plan and before is not None else _PLANS.keep(backend, plan)


def question(ref: BackendObjectReference, route: Resource) -> Question:
    """What `ref` of `route` asks: equal questions have one answer."""
    own = route.metadata.namespace
    return route.kind, own, ref.group, ref.kind, ref.namespace or own, ref.name, ref.port


class References(Protocol):
    """What a route asks of the backends, see `Backends`."""

    def resolve(self, ref: BackendObjectReference, route: Resource, /) -> Resolved: ...

    def extension_failure(self, ref: LocalObjectReference, route: Resource, /) -> Resolved | None: ...

    def share_failure(self, ref: LocalObjectReference, route: Resource, /) -> Resolved | None: ...


class Backends:
    """The backends of a set. All Backends have a plan, Services get one when a route or a policy refers to them."""

    def __init__(self, catalog: Catalog, grants: Grants, policies: BackendPolicies) -> None:
        self._catalog = catalog
        self._grants = grants
        self._policies = policies
        self._known: dict[Question, Resolved] = {}
        self.plans: dict[str, BackendPlan] = {}
        for backend in catalog.all(Backend):
            namespace, name = backend.metadata.namespace, backend.metadata.name
            source = backend.spec.endpoint_slice
            slices = catalog.slices(namespace, source.service) if source else ()
            policy = policies.for_target(WEIR_GROUP, "Backend", namespace, name)
            self.plans[f"{namespace}/{name}"] = _kept(
                backend, BackendPlan(f"{namespace}/{name}", backend.spec, policy, slices)
            )

    def resolve(self, ref: BackendObjectReference, route: Resource) -> Resolved:
        """What `ref` of `route` leads to."""
        asked = question(ref, route)
        found = self._known.get(asked)
        if found is None:
            found = self._known[asked] = self._look_up(ref, ref.namespace or route.metadata.namespace, route)
        return found

    def answer(self, asked: Question) -> Resolved | None:
        """What was resolved already for that question."""
        return self._known.get(asked)

    def extension_failure(self, ref: LocalObjectReference, route: Resource) -> Resolved | None:
        """Why `ref`, a filter of Weir's own, leads to nothing; None where there is such a resource."""
        if (ref.group, ref.kind) != (WEIR_GROUP, "TrafficPolicy"):
            what = f"{ref.group or 'core'}/{ref.kind}"
            message = f"{what} is no kind of filter: {WEIR_GROUP}/TrafficPolicy is"
            return Resolved(None, "InvalidKind", message)
        namespace = route.metadata.namespace
        if self._catalog.find(ref.kind, namespace, ref.name) is not None:
            return None
        suggestion = self._catalog.nearest(ref.kind, namespace, ref.name)
        return Resolved(None, "ExtensionNotFound", f"there is no {ref.kind} {namespace}/{ref.name}", suggestion)

    def share_failure(self, ref: LocalObjectReference, route: Resource) -> Resolved | None:
        """Why `ref`, which is not in vain, cannot be a filter of one backendRef of `route`; None where it can."""
        policy = self._catalog.find(ref.kind, route.metadata.namespace, ref.name)
        assert isinstance(policy, TrafficPolicy), "see extension_failure"
        late = too_late(policy.spec)
        if not late:
            return None
        message = (
            f"TrafficPolicy {policy.metadata.namespace}/{ref.name} sets {', '.join(late)}, and once a backendRef was "
            f"chosen only {fitting_fields()} can act; the traffic is answered with 500"
        )
        return Resolved(None, "UnsupportedValue", message, "name it in the filters of the rule, or part the policy")

    def _look_up(self, ref: BackendObjectReference, namespace: str, route: Resource) -> Resolved:
        if (ref.group, ref.kind) not in ((WEIR_GROUP, "Backend"), ("", "Service")):
            what = f"{ref.group}/{ref.kind}" if ref.group else ref.kind
            message = f"{what} is no kind of backend: Service and {WEIR_GROUP}/Backend are"
            return Resolved(None, "InvalidKind", message, nearest(ref.kind, ("Backend", "Service")))
        if not self._grants.permit(route, ref.group, ref.kind, namespace, ref.name):
            message = f"no ReferenceGrant in {namespace} permits {ref.kind} {ref.name} to {route.metadata.namespace}"
            return Resolved(None, "RefNotPermitted", message)
        target = self._catalog.find(ref.kind, namespace, ref.name)
        if isinstance(target, Backend):
            if target.spec.protocol not in SERVED_PROTOCOLS:
                message = f"Backend {namespace}/{ref.name} speaks {target.spec.protocol}, which this version does not"
                return Resolved(None, "UnsupportedProtocol", message)
            refused = self._with_tls(ref.group, ref.kind, namespace, ref.name, "")
            return refused or _FOUND.get(target) or _FOUND.keep(target, Resolved(f"{namespace}/{ref.name}"))
        if isinstance(target, Service):
            return self._service(target, ref.port or 0, route.kind)
        suggestion = self._catalog.nearest(ref.kind, namespace, ref.name)
        return Resolved(None, "BackendNotFound", f"there is no {ref.kind} {namespace}/{ref.name}", suggestion)

    def _with_tls(self, group: str, kind: str, namespace: str, name: str, section: str) -> Resolved | None:
        """Refused where a policy asks for TLS: to speak in the clear what was meant to be secret is no way to serve."""
        policy = self._policies.asking_tls(group, kind, namespace, name, section)
        if not policy:
            return None
        message = f"{policy} asks for TLS to {kind} {namespace}/{name}, which this version does not speak"
        return Resolved(None, "UnsupportedProtocol", message)

    def _service(self, service: Service, number: int, route_kind: str) -> Resolved:
        namespace, own_name = service.metadata.namespace, service.metadata.name
        name = f"{namespace}/{own_name}"
        transport = "UDP" if route_kind == "UDPRoute" else "TCP"
        port = next((port for port in service.spec.ports if port.port == number and port.protocol == transport), None)
        if port is None:
            ports = ", ".join(f"{port.port}/{port.protocol}" for port in service.spec.ports) or "none"
            other = any(port.port == number for port in service.spec.ports)
            reason = "UnsupportedProtocol" if other else "BackendNotFound"
            return Resolved(None, reason, f"Service {name} has no {transport} port {number}, only: {ports}")
        if (port.app_protocol or "") not in SERVED_APP_PROTOCOLS:
            message = f"port {number} of Service {name} speaks {port.app_protocol}, which this version does not"
            return Resolved(None, "UnsupportedProtocol", message)
        if service.spec.type == "ExternalName":
            return Resolved(None, "UnsupportedProtocol", f"Service {name} of type ExternalName has no EndpointSlices")
        if refused := self._with_tls("", "Service", namespace, own_name, port.name or ""):
            return refused
        if route_kind in ("HTTPRoute", "GRPCRoute", "TrafficPolicy"):
            self.plans[f"{name}:{number}"] = self._service_plan(service, port)
        return Resolved(f"{name}:{number}")

    def _service_plan(self, service: Service, port: ServicePort) -> BackendPlan:
        """Endpoints of a Service: the slices' port goes by the name of the Service's port, "" for the only one."""
        namespace, name = service.metadata.namespace, service.metadata.name
        spec = BackendSpec(
            protocol="auto", endpoint_slice=EndpointSliceSource(service=name, port=port.name if port.name else None)
        )
        policy = self._policies.for_target("", "Service", namespace, name, port.name or "")
        slices = self._catalog.slices(namespace, name)
        return BackendPlan(f"{namespace}/{name}:{port.port}", spec, policy, slices)
