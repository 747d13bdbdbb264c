"""Gateways and listeners on their way to being served: what was found of each, and the status that says so."""

from __future__ import annotations

from dataclasses import dataclass, field

from config.binding.catalog import Catalog, generation_of
from config.binding.conditions import condition, status_of
from config.binding.grants import group_of
from config.binding.hostnames import ANY
from config.resources.gateway import Gateway, Listener
from config.resources.references import GATEWAY_GROUP
from config.resources.resource import Resource
from config.snapshot import BoundRule
from config.status import Condition, ListenerStatus, ResourceStatus


@dataclass(slots=True)
class BoundListener:
    """One listener: `reason` is "" where it serves; `rules` are what routes have attached.

    `conflict` is the reason of `Conflicted`, `unresolved_reason` that of `ResolvedRefs`.
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

    @property
    def hostname(self) -> str:
        """Its hostname, `*` for any."""
        return self.spec.hostname or ANY

    def takes_kind(self, route: Resource) -> bool:
        """Whether it carries routes of that kind."""
        return group_of(route) == GATEWAY_GROUP and route.kind in self.supported_kinds

    def takes_namespace(self, route: Resource, catalog: Catalog) -> bool:
        """Whether `allowedRoutes` lets routes of that namespace attach."""
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
        gateway, serves, message = self.gateway, not self.reason, self.message
        unresolved, conflict = self.unresolved_reason, self.conflict
        conditions = (
            condition(gateway, "Accepted", holds=serves, reason=self.reason or "Accepted", message=message),
            condition(
                gateway, "Programmed", holds=serves, reason="Programmed" if serves else "Invalid", message=message
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
                holds=bool(conflict),
                reason=conflict or "NoConflicts",
                message=message if conflict else "",
            ),
        )
        return ListenerStatus(self.spec.name, self.supported_kinds, self.attached_routes, conditions)


@dataclass(slots=True)
class BoundGateway:
    """One Gateway: `reason` is "" where it is Weir's and can be served on `addresses` ("" is all interfaces)."""

    gateway: Gateway
    addresses: tuple[str, ...]
    listeners: list[BoundListener]
    reason: str = ""
    message: str = ""
    unresolved_reason: str = ""
    unresolved_message: str = ""

    def status(self) -> ResourceStatus:
        """Accepted and Programmed, ResolvedRefs where it is False, with the statuses of the listeners."""
        gateway = self.gateway
        if self.reason == "Pending":
            waiting = [
                Condition(type_, "Unknown", "Pending", self.message, generation_of(gateway))
                for type_ in ("Accepted", "Programmed")
            ]
            return status_of(gateway, waiting)
        conditions = self._refused() if self.reason else self._by_listeners()
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
        addresses = [address for address in self.addresses if address] if not self.reason else []
        return status_of(gateway, conditions, listeners=listeners, addresses=addresses)

    def _refused(self) -> list[Condition]:
        return [
            condition(self.gateway, "Accepted", holds=False, reason=self.reason, message=self.message),
            condition(self.gateway, "Programmed", holds=False, reason="Invalid", message=self.message),
        ]

    def _by_listeners(self) -> list[Condition]:
        """A Gateway is served in part where some of its listeners are good."""
        bad = [listener for listener in self.listeners if listener.reason]
        some = len(bad) < len(self.listeners)
        message = "; ".join(f"listener {listener.spec.name}: {listener.message}" for listener in bad)
        reason = "ListenersNotValid" if bad else "Accepted"
        return [
            condition(self.gateway, "Accepted", holds=some, reason=reason, message=message),
            condition(
                self.gateway,
                "Programmed",
                holds=some,
                reason="Programmed" if some else "Invalid",
                message=message,
            ),
        ]
