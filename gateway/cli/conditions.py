"""Status conditions of resources as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.status import Condition, ResourceStatus

COLUMNS = ("resource", "of", "condition", "status", "reason", "message")


def condition_rows(statuses: Sequence[ResourceStatus]) -> list[tuple[str, ...]]:
    """One row per condition: of the resource itself, then of each listener and of each parent or target."""
    rows: list[tuple[str, ...]] = []
    for status in statuses:
        resource = f"{status.kind} {_name(status.namespace, status.name)}"
        sets = f"{status.attached_listener_sets} ListenerSets attached" if status.attached_listener_sets else ""
        rows += [_row(resource, sets, condition) for condition in status.conditions]
        for listener in status.listeners:
            attached = f"listener {listener.name}, {listener.attached_routes} attached"
            rows += [_row(resource, attached, condition) for condition in listener.conditions]
        for parent in status.parents:
            section = f"/{parent.section_name}" if parent.section_name else ""
            port = f":{parent.port}" if parent.port else ""
            target = f"{parent.kind} {_name(parent.namespace, parent.name)}{section}{port}"
            rows += [_row(resource, target, condition) for condition in parent.conditions]
    return rows


def _name(namespace: str, name: str) -> str:
    return f"{namespace}/{name}" if namespace else name


def _row(resource: str, of: str, condition: Condition) -> tuple[str, ...]:
    return resource, of, condition.type, condition.status, condition.reason, condition.message
