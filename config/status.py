"""What Weir says about each resource: status conditions as Gateway API and Kubernetes have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    """One listener of a Gateway: the route kinds that it takes, how many routes are attached, its conditions."""

    name: str
    supported_kinds: tuple[str, ...]
    attached_routes: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class ParentStatus:
    """How one parent of a route, or one target of a policy, sees it; `section_name` "" and `port` 0 are left out."""

    kind: str
    namespace: str
    name: str
    section_name: str
    port: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    """Status of one resource; `parents` for routes (parents) and policies (targets), `listeners` for Gateways."""

    api_version: str
    kind: str
    namespace: str
    name: str
    conditions: tuple[Condition, ...]
    parents: tuple[ParentStatus, ...] = ()
    listeners: tuple[ListenerStatus, ...] = ()
    addresses: tuple[str, ...] = ()

    def condition(self, type_: str) -> Condition | None:
        """The condition of the resource itself that has this type."""
        return next((found for found in self.conditions if found.type == type_), None)
