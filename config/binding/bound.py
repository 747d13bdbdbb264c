"""Gateways, ListenerSets and listeners on their way to being served: what was found of each, and the status of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from config.binding.catalog import Catalog, generation_of
from config.binding.conditions import condition, status_of
from config.binding.grants import group_of
from config.binding.hostnames import ANY, HostnameSet
from config.binding.namespaces import permits
from config.resources.gateway import Gateway, Listener
from config.resources.listener_set import ListenerSet
from config.resources.references import GATEWAY_GROUP
from config.resources.resource import Resource
from config.snapshot import BoundRule
from config.status import Condition, ListenerStatus, ResourceStatus

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104
"""How a status writes all interfaces, the address ""."""


@dataclass(slots=True)
class BoundListener:
    """One listener: `reason` is "" where it serves; `rules` are what routes have attached.

    `conflict` is the reason of `Conflicted`, `unresolved_reason` that of `ResolvedRefs`. `gateway` is the one on whose
    addresses it listens, also where it stands in a ListenerSet.
    """

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
    hostnames_of: dict[str, HostnameSet] = field(default_factory=dict)
    """What the routes of each kind take of it."""
    listener_set: ListenerSet | None = None

    @property
    def owner(self) -> Gateway | ListenerSet:
        """The resource in which it stands."""
        return self.gateway if self.listener_set is None else self.listener_set

    @property
    def name(self) -> str:
        """Its name in snapshots: a ListenerSet may be named as a Gateway of its namespace is, see `config.snapshot`."""
        metadata = self.owner.metadata
        kind = "" if self.listener_set is None else f"{self.listener_set.kind} "
        return f"{kind}{metadata.namespace}/{metadata.name}/{self.spec.name}"

    @property
    def hostname(self) -> str:
        """Its hostname, `*` for any."""
        return self.spec.hostname or ANY

    def takes_kind(self, route: Resource) -> bool:
        """Whether it carries routes of that kind."""
        return group_of(route) == GATEWAY_GROUP and route.kind in self.supported_kinds

    def claim(self, kind: str, hostnames: Sequence[str]) -> None:
        """Routes of that kind have these hostnames from now on."""
        taken = self.hostnames_of.setdefault(kind, HostnameSet())
        for hostname in hostnames:
            taken.add(hostname)

    def rival_of(self, kind: str, hostnames: Sequence[str]) -> str:
        """The kind of routes that have one of these hostnames, where that is another; "" where none has."""
        for other, taken in self.hostnames_of.items():
            if other != kind and any(map(taken.overlaps, hostnames)):
                return other
        return ""

    def takes_namespace(self, route: Resource, catalog: Catalog) -> bool:
        """Whether `allowedRoutes` lets routes of that namespace attach."""
        namespaces = self.spec.allowed_routes.namespaces
        return permits(namespaces, self.owner.metadata.namespace, route.metadata.namespace, catalog)

    def status(self) -> ListenerStatus:
        """Its conditions, as Gateway API has them."""
        owner, serves, message = self.owner, not self.reason, self.message
        unresolved, conflict = self.unresolved_reason, self.conflict
        idle = conflict if conflict and self.listener_set is not None else "Invalid"
        conditions = (
            condition(owner, "Accepted", holds=serves, reason=self.reason or "Accepted", message=message),
            condition(owner, "Programmed", holds=serves, reason="Programmed" if serves else idle, message=message),
            condition(
                owner,
                "ResolvedRefs",
                holds=not unresolved,
                reason=unresolved or "ResolvedRefs",
                message=self.unresolved_message,
            ),
            condition(
                owner,
                "Conflicted",
                holds=bool(conflict),
                reason=conflict or "NoConflicts",
                message=message if conflict else "",
            ),
        )
        return ListenerStatus(self.spec.name, self.supported_kinds, self.attached_routes, conditions)


@dataclass(slots=True)
class BoundGateway:
    """One Gateway: `reason` is "" where it is Weir's and can be served on `addresses` ("" is all interfaces).

    `sets` are the ListenerSets that it lets attach, in the order of their precedence.
    """

    gateway: Gateway
    addresses: tuple[str, ...]
    listeners: list[BoundListener]
    reason: str = ""
    message: str = ""
    unresolved_reason: str = ""
    unresolved_message: str = ""
    sets: list[BoundListenerSet] = field(default_factory=list)

    @property
    def resource(self) -> Gateway:
        """The Gateway itself, as routes see each of their parents."""
        return self.gateway

    @property
    def is_accepted(self) -> bool:
        """Whether it is Weir's, fit, and has a listener of its own that serves."""
        return not self.reason and any(not listener.reason for listener in self.listeners)

    def every_listener(self) -> Iterator[BoundListener]:
        """Its own listeners and those of its sets, in the order of precedence (CRD, ListenerSet `listeners`)."""
        yield from self.listeners
        for each in self.sets:
            yield from each.listeners

    def status(self) -> ResourceStatus:
        """Accepted and Programmed, ResolvedRefs where it is False, with the statuses of the listeners."""
        gateway = self.gateway
        if self.reason == "Pending":
            return status_of(gateway, _waiting(gateway, self.message))
        conditions = (
            _refused(gateway, self.reason, "Invalid", self.message)
            if self.reason
            else _by_listeners(gateway, self.listeners, "Invalid")
        )
        if self.unresolved_reason:
            conditions.append(
                condition(
                    gateway,
                    "ResolvedRefs",
                    holds=False,
                    reason=self.unresolved_reason,
                    message=self.unresolved_message,
                )
            )
        listeners = [listener.status() for listener in self.listeners]
        bound = () if self.reason else self.addresses
        addresses = [each for address in bound for each in ((address,) if address else EVERYWHERE)]
        attached = sum(each.is_accepted for each in self.sets)
        return status_of(gateway, conditions, listeners=listeners, addresses=addresses, attached_listener_sets=attached)


@dataclass(slots=True)
class BoundListenerSet:
    """One ListenerSet: `reason` is "" where its Gateway lets it attach; else it has no listeners."""

    resource: ListenerSet
    listeners: list[BoundListener] = field(default_factory=list)
    reason: str = ""
    message: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether it is attached and has a listener that serves."""
        return not self.reason and any(not listener.reason for listener in self.listeners)

    def status(self) -> ResourceStatus:
        """Accepted and Programmed, with the statuses of its own listeners alone."""
        if self.reason == "Pending":
            return status_of(self.resource, _waiting(self.resource, self.message))
        conditions = (
            _refused(self.resource, self.reason, self.reason, self.message)
            if self.reason
            else _by_listeners(self.resource, self.listeners, "ListenersNotValid")
        )
        return status_of(self.resource, conditions, listeners=[listener.status() for listener in self.listeners])


def _waiting(resource: Resource, message: str) -> list[Condition]:
    """It is left to another controller."""
    return [
        Condition(type_, "Unknown", "Pending", message, generation_of(resource)) for type_ in ("Accepted", "Programmed")
    ]


def _refused(resource: Resource, reason: str, idle: str, message: str) -> list[Condition]:
    return [
        condition(resource, "Accepted", holds=False, reason=reason, message=message),
        condition(resource, "Programmed", holds=False, reason=idle, message=message),
    ]


def _by_listeners(resource: Resource, listeners: Sequence[BoundListener], idle: str) -> list[Condition]:
    """It is served in part where some of its listeners are good; `idle` is why it is not where none is."""
    bad = [listener for listener in listeners if listener.reason]
    some = len(bad) < len(listeners)
    message = "; ".join(f"listener {listener.spec.name}: {listener.message}" for listener in bad)
    reason = "ListenersNotValid" if bad else "Accepted"
    return [
        condition(resource, "Accepted", holds=some, reason=reason, message=message),
        condition(resource, "Programmed", holds=some, reason="Programmed" if some else idle, message=message),
    ]
