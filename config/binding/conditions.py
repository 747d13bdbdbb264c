"""Conditions that every kind has, and how many are made into one."""

from __future__ import annotations

from collections.abc import Sequence

from config.binding.catalog import generation_of
from config.resources.honoured import unhonoured
from config.resources.resource import Resource
from config.status import Condition, ConditionStatus, ListenerStatus, ParentStatus, ResourceStatus

PARTIALLY_HONOURED = "PartiallyHonoured"


def condition(resource: Resource, type_: str, *, holds: bool, reason: str, message: str = "") -> Condition:
    """A condition of `resource` or of a part of it, True or False."""
    status: ConditionStatus = "True" if holds else "False"
    return Condition(type_, status, reason, message, generation_of(resource))


def partially_honoured(resource: Resource) -> list[Condition]:
    """The condition that names the fields that this version does not carry out; [] where it uses none of them."""
    fields = unhonoured(resource)
    if not fields:
        return []
    message = f"not carried out by this version: {', '.join(fields)}"
    return [condition(resource, PARTIALLY_HONOURED, holds=True, reason="NotYetHonoured", message=message)]


def status_of(
    resource: Resource,
    conditions: Sequence[Condition],
    *,
    parents: Sequence[ParentStatus] = (),
    listeners: Sequence[ListenerStatus] = (),
    addresses: Sequence[str] = (),
    attached_listener_sets: int = 0,
) -> ResourceStatus:
    """The status of a resource, with `PartiallyHonoured` added where it is due."""
    namespace = resource.metadata.namespace if resource.NAMESPACED else ""
    every = (*conditions, *partially_honoured(resource))
    return ResourceStatus(
        resource.api_version,
        resource.kind,
        namespace,
        resource.metadata.name,
        every,
        tuple(parents),
        tuple(listeners),
        tuple(addresses),
        attached_listener_sets,
    )
