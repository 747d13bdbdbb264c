"""Gateways and their listeners: which are accepted, which conflict, which routes they let attach."""

from __future__ import annotations

from dataclasses import dataclass, field

from config.binding.catalog import Catalog, Note
from config.binding.conditions import condition, status_of
from config.binding.grants import Grants, group_of
from config.binding.hostnames import ANY
from config.problems import nearest
from config.resources.gateway import Gateway, Listener
from config.resources.gateway_class import CONTROLLER_NAME, GatewayClass
from config.resources.references import GATEWAY_GROUP
from config.resources.resource import Resource
from config.resources.weir import Admin
from config.snapshot import BoundRule
from config.status import Condition, ListenerStatus, ResourceStatus

BUILT_IN_CLASS = "weir"
ROUTE_KINDS = {"HTTP": ("HTTPRoute",), "HTTPS": ("HTTPRoute",), "TLS": (), "TCP": (), "UDP": ()}
"""Kinds of routes that each protocol carries in this version."""
SERVED = frozenset(("HTTP",))
"""Protocols that this version binds."""
_ANY_ADDRESS = frozenset(("", "0.0.0.0", "::"))  # noqa: S104


@dataclass(slots=True)
class BoundListener:
    """One listener on its way: `reason` is "" where it serves; `rules` are what routes have attached."""

    gateway: Gateway
    spec: Listener
    position: int
    supported_kinds: tuple[str, ...]
    reason: str = ""
    message: str = ""
    unresolved_reason: str = ""
    unresolved_message: str = ""
    conflict: str = ""
    attached_routes: int = 0
    rules: list[BoundRule] = field(default_factory=list)

    @property
    def hostname(self) -> str:
        """Its hostname, `*` for any."""
        return self.spec.hostname or ANY

    def allows(self, route: Resource, catalog: Catalog) -> bool:
        """Whether `allowedRoutes` lets a route of that kind and namespace attach."""
        if group_of(route) != GATEWAY_GROUP or route.kind not in self.supported_kinds:
            return False
        namespaces = self.spec.allowed_routes.namespaces
        if namespaces.from_ == "All":
            return True
        if namespaces.from_ == "Same":
            return route.metadata.namespace == self.gateway.metadata.namespace
        if namespaces.selector is None:
            return False
        try:
            return namespaces.selector.matches(catalog.namespace_labels(route.metadata.namespace))
        except ValueError:
            return False

    def status(self) -> ListenerStatus:
        """Its conditions, as Gateway API has them."""
        gateway = self.gateway
        accepted, unresolved = not self.reason, self.unresolved_reason
        conditions = (
            condition(gateway, "Accepted", holds=accepted, reason=self.reason or "Accepted", message=self.message),
            condition(
                gateway,
                "Programmed",
                holds=accepted,
                reason="Programmed" if accepted else "Invalid",
                message=self.message,
            ),
            condition(
                gateway,
                "ResolvedRefs",
                holds=not unresolved,
                reason=unresolved or "ResolvedRefs",
                message=self.unresolved_message,
            ),
            condition(
                gateway,
                "Conflicted",
                holds=bool(self.conflict),
                reason=self.conflict or "NoConflicts",
                message=self.message if self.conflict else "",
            ),
        )
        return ListenerStatus(self.spec.name, self.supported_kinds, self.attached_routes, conditions)


@dataclass(slots=True)
class BoundGateway:
    """One Gateway: `reason` is "" where it is Weir's and can be served on `addresses`."""

    gateway: Gateway
    addresses: tuple[str, ...]
    listeners: list[BoundListener]
    reason: str = ""
    message: str = ""

    def status(self) -> ResourceStatus:
        """Accepted and Programmed, with the statuses of the listeners."""
        gateway = self.gateway
        if self.reason == "Pending":
            waiting = Condition("Accepted", "Unknown", "Pending", self.message, gateway.metadata.generation or 1)
            return status_of(gateway, [waiting])
        if self.reason:
            conditions = [
                condition(gateway, "Accepted", holds=False, reason=self.reason, message=self.message),
                condition(gateway, "Programmed", holds=False, reason="Invalid", message=self.message),
            ]
            return status_of(gateway, conditions, listeners=[listener.status() for listener in self.listeners])
        bad = [listener for listener in self.listeners if listener.reason]
        some = len(bad) < len(self.listeners)
        message = "; ".join(f"listener {listener.spec.name}: {listener.message}" for listener in bad)
        conditions = [
            condition(
                gateway,
                "Accepted",
                holds=some,
                reason="ListenersNotValid" if bad else "Accepted",
                message=message,
            ),
            condition(gateway, "Programmed", holds=some, reason="Programmed" if some else "Invalid", message=message),
        ]
        listeners = [listener.status() for listener in self.listeners]
        return status_of(gateway, conditions, listeners=listeners, addresses=self.addresses)


def bind_classes(catalog: Catalog) -> tuple[set[str], list[ResourceStatus]]:
    """Names of the classes that Weir serves (`weir` is there undeclared), and the statuses of the declared ones."""
    served = {BUILT_IN_CLASS}
    statuses: list[ResourceStatus] = []
    for declared in catalog.all(GatewayClass):
        name, controller = declared.metadata.name, declared.spec.controller_name
        if controller != CONTROLLER_NAME:
            served.discard(name)
            message = f"left to its controller {controller}; Weir is {CONTROLLER_NAME}"
            waiting = Condition("Accepted", "Unknown", "Pending", message, declared.metadata.generation or 1)
            statuses.append(status_of(declared, [waiting]))
            continue
        parameters = declared.spec.parameters_ref
        if parameters is None:
            served.add(name)
        else:
            served.discard(name)
        message = "" if parameters is None else f"Weir takes no parameters of kind {parameters.kind}"
        reason = "Accepted" if parameters is None else "InvalidParameters"
        accepted = condition(declared, "Accepted", holds=parameters is None, reason=reason, message=message)
        statuses.append(status_of(declared, [accepted]))
    return served, statuses


def bind_gateways(catalog: Catalog, grants: Grants, classes: set[str], notes: list[Note]) -> list[BoundGateway]:
    """Every Gateway with its listeners, and who conflicts with whom; what an operator should know goes to `notes`."""
    bound = [_bind_gateway(gateway, grants, catalog, classes, notes) for gateway in catalog.all(Gateway)]
    mark_conflicts([gateway for gateway in bound if not gateway.reason])
    for gateway in bound:
        for listener in gateway.listeners:
            path = ("spec", "listeners", listener.position)
            if listener.reason and not gateway.reason:
                notes.append(Note(listener.gateway, path, f"{listener.reason}: {listener.message}"))
            if listener.unresolved_reason:
                message = f"{listener.unresolved_reason}: {listener.unresolved_message}"
                notes.append(Note(listener.gateway, path, message))
    return bound


def _bind_gateway(
    gateway: Gateway, grants: Grants, catalog: Catalog, classes: set[str], notes: list[Note]
) -> BoundGateway:
    name = gateway.spec.gateway_class_name
    if name not in classes:
        message = f'no GatewayClass "{name}" of Weir'
        notes.append(Note(gateway, ("spec", "gatewayClassName"), message, nearest(name, classes)))
        return BoundGateway(gateway, (), [], "Pending", message)
    listeners = [
        _bind_listener(gateway, spec, position, grants, catalog, notes)
        for position, spec in enumerate(gateway.spec.listeners)
    ]
    addresses = [address.value or "" for address in gateway.spec.addresses if address.type == "IPAddress"]
    if unusable := [address.type for address in gateway.spec.addresses if address.type != "IPAddress"]:
        message = f"addresses of type {', '.join(unusable)} are not supported, only IPAddress"
        notes.append(Note(gateway, ("spec", "addresses"), f"UnsupportedAddress: {message}"))
        for listener in listeners:
            listener.reason, listener.message = listener.reason or "Invalid", listener.message or message
        return BoundGateway(gateway, (), listeners, "UnsupportedAddress", message)
    return BoundGateway(gateway, ("",) if not addresses or "" in addresses else tuple(addresses), listeners)


def _bind_listener(
    gateway: Gateway, spec: Listener, position: int, grants: Grants, catalog: Catalog, notes: list[Note]
) -> BoundListener:
    carried = ROUTE_KINDS.get(spec.protocol, ())
    wanted = spec.allowed_routes.kinds
    supported = tuple(
        dict.fromkeys(kind.kind for kind in wanted if kind.group == GATEWAY_GROUP and kind.kind in carried)
    )
    bound = BoundListener(gateway, spec, position, supported if wanted else carried)
    if spec.protocol not in SERVED:
        bound.reason = "UnsupportedProtocol"
        bound.message = f"protocol {spec.protocol} is not served by this version"
    if wrong := [kind.kind for kind in wanted if kind.group != GATEWAY_GROUP or kind.kind not in carried]:
        bound.unresolved_reason = "InvalidRouteKinds"
        bound.unresolved_message = f"{spec.protocol} carries no {', '.join(wrong)} in this version"
    else:
        _check_certificates(bound, grants, catalog)
    selector = spec.allowed_routes.namespaces.selector
    if selector is not None:
        for index, expression in enumerate(selector.match_expressions):
            try:
                expression.matches({})
            except ValueError as error:
                start = ("spec", "listeners", position, "allowedRoutes", "namespaces", "selector")
                path = (*start, "matchExpressions", index, "operator")
                suggestion = nearest(expression.operator, ("In", "NotIn", "Exists", "DoesNotExist"))
                notes.append(Note(gateway, path, str(error), suggestion, "error"))
    return bound


def _check_certificates(bound: BoundListener, grants: Grants, catalog: Catalog) -> None:
    for ref in bound.spec.tls.certificate_refs if bound.spec.tls else ():
        namespace = ref.namespace or bound.gateway.metadata.namespace
        if ref.group or ref.kind != "Secret":
            bound.unresolved_reason = "InvalidCertificateRef"
            bound.unresolved_message = f"{ref.kind} is no kind of certificate, only Secret is"
        elif not grants.permit(bound.gateway, ref.group, ref.kind, namespace, ref.name):
            bound.unresolved_reason = "RefNotPermitted"
            bound.unresolved_message = f"no ReferenceGrant in {namespace} permits Secret {ref.name}"
        elif catalog.find("Secret", namespace, ref.name) is None:
            bound.unresolved_reason = "InvalidCertificateRef"
            bound.unresolved_message = f"there is no Secret {namespace}/{ref.name}"


def overlap(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two sets of addresses share one; "" and the unspecified addresses are all of them."""
    return not _ANY_ADDRESS.isdisjoint(left) or not _ANY_ADDRESS.isdisjoint(right) or not set(left).isdisjoint(right)


def mark_conflicts(gateways: list[BoundGateway]) -> None:
    """Mark every listener that is not distinct, of all Gateways that share addresses (CRD, Gateway `listeners`).

    HTTP, HTTPS and TLS are told apart by port and hostname, TCP and UDP by port. On one port, HTTPS and TLS go
    together; HTTP or TCP beside another protocol do not. None of those in a conflict wins.
    """
    by_port: dict[tuple[int, bool], list[tuple[BoundListener, tuple[str, ...]]]] = {}
    for gateway in gateways:
        for listener in gateway.listeners:
            if listener.spec.protocol in ROUTE_KINDS:
                key = (listener.spec.port, listener.spec.protocol == "UDP")
                by_port.setdefault(key, []).append((listener, gateway.addresses))
    for sharing in by_port.values():
        for position, (left, left_addresses) in enumerate(sharing):
            for right, right_addresses in sharing[position + 1 :]:
                reason = _conflict(left, right)
                if reason and (left.gateway is right.gateway or overlap(left_addresses, right_addresses)):
                    _mark(left, right, reason)
                    _mark(right, left, reason)


def _conflict(left: BoundListener, right: BoundListener) -> str:
    families = [{"HTTPS": "TLS"}.get(listener.spec.protocol, listener.spec.protocol) for listener in (left, right)]
    if families[0] != families[1] or families[0] in ("TCP", "UDP"):
        return "ProtocolConflict"
    return "HostnameConflict" if left.hostname == right.hostname else ""


def _mark(listener: BoundListener, other: BoundListener, reason: str) -> None:
    if listener.conflict:
        return
    gateway = other.gateway.metadata
    listener.conflict = listener.reason = reason
    listener.message = (
        f"port {listener.spec.port} with protocol {listener.spec.protocol} and hostname {listener.hostname} is not "
        f"distinct from listener {gateway.namespace}/{gateway.name}/{other.spec.name} "
        f"({other.spec.protocol}, {other.hostname})"
    )


def check_admin_port(gateways: list[BoundGateway], admin: Admin, notes: list[Note]) -> None:
    """An error for every listener that would take the port of the admin API."""
    for gateway in gateways:
        for listener in gateway.listeners:
            if listener.spec.port == admin.port and overlap(gateway.addresses, (admin.address,)):
                path = ("spec", "listeners", listener.position, "port")
                message = f"port {admin.port} is that of the admin API on {admin.address}"
                notes.append(Note(gateway.gateway, path, message, "choose another, or set admin.port of Weir", "error"))
