"""Gateways and their listeners: which are Weir's, which can be served, and which kinds of routes each takes."""

from __future__ import annotations

import ipaddress

from config.binding.bound import BoundGateway, BoundListener
from config.binding.catalog import Catalog, Note, generation_of
from config.binding.certificates import check_gateway_tls
from config.binding.conditions import condition, status_of
from config.binding.conflicts import mark_conflicts, overlap
from config.binding.grants import Grants
from config.binding.namespaces import check_selector
from config.problems import PathPart, nearest
from config.resources.gateway import Gateway, Listener
from config.resources.gateway_class import CONTROLLER_NAME, GatewayClass
from config.resources.listener_set import ListenerSet
from config.resources.references import GATEWAY_GROUP
from config.resources.weir import Admin
from config.status import Condition, ResourceStatus

BUILT_IN_CLASS = "weir"
ROUTE_KINDS = {"HTTP": ("HTTPRoute", "GRPCRoute"), "HTTPS": ("HTTPRoute", "GRPCRoute"), "TLS": (), "TCP": (), "UDP": ()}
"""Kinds of routes that each protocol carries in this version."""
SERVED = frozenset(("HTTP",))
"""Protocols that this version binds."""


def bind_classes(catalog: Catalog) -> tuple[set[str], list[ResourceStatus]]:
    """Names of the classes that Weir serves (`weir` is there undeclared), and the statuses of the declared ones."""
    served = {BUILT_IN_CLASS}
    statuses: list[ResourceStatus] = []
    for declared in catalog.all(GatewayClass):
        name, controller = declared.metadata.name, declared.spec.controller_name
        served.discard(name)
        if controller != CONTROLLER_NAME:
            message = f"left to its controller {controller}; Weir is {CONTROLLER_NAME}"
            waiting = Condition("Accepted", "Unknown", "Pending", message, generation_of(declared))
            statuses.append(status_of(declared, [waiting]))
            continue
        parameters = declared.spec.parameters_ref
        if parameters is None:
            served.add(name)
            accepted = condition(declared, "Accepted", holds=True, reason="Accepted")
        else:
            message = f"Weir takes no parameters of kind {parameters.kind}"
            accepted = condition(declared, "Accepted", holds=False, reason="InvalidParameters", message=message)
        statuses.append(status_of(declared, [accepted]))
    return served, statuses


def bind_gateways(catalog: Catalog, grants: Grants, classes: set[str], notes: list[Note]) -> list[BoundGateway]:
    """Every Gateway with its listeners, and who conflicts with whom; what an operator should know goes to `notes`.

    A conflict is an error: none of those in one may be served, so putting the set in force would lose traffic that the
    last good one serves.
    """
    bound = [_bind_gateway(gateway, grants, catalog, classes, notes) for gateway in catalog.all(Gateway)]
    mark_conflicts(bound)
    for gateway in bound:
        if gateway.unresolved_reason:
            message = f"{gateway.unresolved_reason}: {gateway.unresolved_message}"
            notes.append(Note(gateway.gateway, ("spec", "tls"), message))
        for listener in gateway.listeners:
            path = ("spec", "listeners", listener.position)
            if listener.conflict:
                message = f"{listener.conflict}: {listener.message}"
                suggestion = "none of them could be served; change port or hostname of one"
                notes.append(Note(listener.gateway, (*path, "port"), message, suggestion, "error"))
            elif listener.reason and not gateway.reason:
                notes.append(Note(listener.gateway, path, f"{listener.reason}: {listener.message}"))
            note_unresolved(listener, notes)
    return bound


def note_unresolved(listener: BoundListener, notes: list[Note]) -> None:
    """Tell which of its references do not resolve."""
    if listener.unresolved_reason:
        message = f"{listener.unresolved_reason}: {listener.unresolved_message}"
        notes.append(Note(listener.owner, ("spec", "listeners", listener.position), message))


def check_admin_port(gateways: list[BoundGateway], admin: Admin, notes: list[Note]) -> None:
    """An error for every listener of a Gateway that would take the port of the admin API.

    One of a ListenerSet is refused instead: what one team adds must not hold up the configuration of all.
    """
    for gateway in gateways:
        for listener in gateway.every_listener():
            on_port = listener.spec.port == admin.port and not listener.reason
            if on_port and overlap(gateway.addresses, (admin.address,)):
                path = ("spec", "listeners", listener.position, "port")
                message = f"port {admin.port} is that of the admin API on {admin.address}"
                if listener.listener_set is None:
                    suggestion = "choose another, or set admin.port of Weir"
                    notes.append(Note(gateway.gateway, path, message, suggestion, "error"))
                else:
                    listener.reason, listener.message = "PortUnavailable", message
                    notes.append(Note(listener.owner, path, f"{listener.reason}: {message}"))


def _bind_gateway(
    gateway: Gateway, grants: Grants, catalog: Catalog, classes: set[str], notes: list[Note]
) -> BoundGateway:
    name = gateway.spec.gateway_class_name
    if name not in classes:
        message = f'no GatewayClass "{name}" of Weir'
        notes.append(Note(gateway, ("spec", "gatewayClassName"), message, nearest(name, classes)))
        return BoundGateway(gateway, (), [], "Pending", message)
    listeners = [bind_listener(gateway, spec, position, notes) for position, spec in enumerate(gateway.spec.listeners)]
    bound = BoundGateway(gateway, _addresses(gateway), listeners)
    allowed = gateway.spec.allowed_listeners
    if allowed is not None:
        path = ("spec", "allowedListeners", "namespaces")
        check_selector(gateway, allowed.namespaces, path, "ListenerSet", notes)
    check_gateway_tls(bound, catalog, grants)
    infrastructure = gateway.spec.infrastructure
    if unusable := [address.type for address in gateway.spec.addresses if address.type != "IPAddress"]:
        message = f"addresses of type {', '.join(unusable)} are not supported, only IPAddress"
        _refuse(bound, "UnsupportedAddress", message, ("spec", "addresses"), notes)
    elif infrastructure is not None and infrastructure.parameters_ref is not None:
        message = f"Weir takes no parameters of kind {infrastructure.parameters_ref.kind}"
        _refuse(bound, "InvalidParameters", message, ("spec", "infrastructure", "parametersRef"), notes)
    return bound


def _addresses(gateway: Gateway) -> tuple[str, ...]:
    """Each address once, in the one way of writing it; ("",) where any interface will do."""
    values = [address.value or "" for address in gateway.spec.addresses if address.type == "IPAddress"]
    if not values or "" in values:
        return ("",)
    return tuple(dict.fromkeys(ipaddress.ip_address(value).compressed for value in values))


def _refuse(bound: BoundGateway, reason: str, message: str, path: tuple[PathPart, ...], notes: list[Note]) -> None:
    """Refuse the whole Gateway, and with it the listeners that were good by themselves."""
    notes.append(Note(bound.gateway, path, f"{reason}: {message}"))
    bound.reason, bound.message, bound.addresses = reason, message, ()
    for listener in bound.listeners:
        if not listener.reason:
            listener.reason, listener.message = "Invalid", message


def bind_listener(
    gateway: Gateway, spec: Listener, position: int, notes: list[Note], *, listener_set: ListenerSet | None = None
) -> BoundListener:
    """The listener at `position` of `gateway`, or of `listener_set` where it stands in one."""
    carried = ROUTE_KINDS.get(spec.protocol, ())
    wanted = spec.allowed_routes.kinds
    supported = tuple(
        dict.fromkeys(kind.kind for kind in wanted if kind.group == GATEWAY_GROUP and kind.kind in carried)
    )
    bound = BoundListener(gateway, spec, position, supported if wanted else carried, listener_set=listener_set)
    if spec.protocol not in SERVED:
        bound.reason = "UnsupportedProtocol"
        bound.message = f"protocol {spec.protocol} is not served by this version"
    if wrong := [kind.kind for kind in wanted if kind.group != GATEWAY_GROUP or kind.kind not in carried]:
        bound.unresolved_reason = "InvalidRouteKinds"
        bound.unresolved_message = f"{spec.protocol} carries no {', '.join(wrong)} in this version"
    place = ("spec", "listeners", position, "allowedRoutes", "namespaces")
    check_selector(bound.owner, spec.allowed_routes.namespaces, place, "route", notes)
    return bound
