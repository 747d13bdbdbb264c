"""What Weir says about each resource: status conditions as Gateway API and Kubernetes have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from config.resources.gateway_class import CONTROLLER_NAME
from config.resources.references import GATEWAY_GROUP

ConditionStatus = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. `reason` is one CamelCase word, `message` for people."""

    type: str
    status: ConditionStatus
    reason: str
    message: str = ""
    observed_generation: int = 1


@dataclass(frozen=True, slots=True)
class ListenerStatus:
    """One listener of a Gateway or ListenerSet: kinds of routes that it takes, how many are attached, conditions."""

    name: str
    supported_kinds: tuple[str, ...]
    attached_routes: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class ParentStatus:
    """How one parent of a route, or one target of a policy, sees it; `section_name` "" and `port` 0 are left out.

    `controller_name` is who says so, as in the class of the Gateway.
    """

    kind: str
    namespace: str
    name: str
    section_name: str
    port: int
    conditions: tuple[Condition, ...]
    group: str = GATEWAY_GROUP
    controller_name: str = CONTROLLER_NAME


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    """Status of one resource: `parents` of a route and targets of a policy, `listeners` of a Gateway or ListenerSet.

    `attached_listener_sets` is how many accepted ListenerSets a Gateway has; 0 for all other kinds.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    conditions: tuple[Condition, ...]
    parents: tuple[ParentStatus, ...] = ()
    listeners: tuple[ListenerStatus, ...] = ()
    addresses: tuple[str, ...] = ()
    attached_listener_sets: int = 0

    def condition(self, type_: str) -> Condition | None:
        """The condition of the resource itself that has this type."""
        return next((found for found in self.conditions if found.type == type_), None)
