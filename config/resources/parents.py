"""The lists of references with rules between their items: parents of a route, targets of a policy."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from config.resources.model import violation
from config.resources.references import ParentReference, PolicyTargetReference
from config.resources.scalars import Items


def _check_by_section_and_port(parents: tuple[ParentReference, ...]) -> tuple[ParentReference, ...]:
    if len(parents) < 2:
        return parents
    shapes: dict[tuple[str, str, str, str | None], tuple[bool, bool]] = {}
    for ref in parents:
        shape = (ref.section_name is None, ref.port is None)
        if shapes.setdefault((ref.group, ref.kind, ref.name, ref.namespace), shape) != shape:
            raise violation(
                "sectionName or port must be specified when parentRefs includes 2 or more references to the same parent"
            )
    if len({(ref.group, ref.kind, ref.name, ref.namespace, ref.section_name, ref.port) for ref in parents}) < len(
        parents
    ):
        raise violation(
            "sectionName or port must be unique when parentRefs includes 2 or more references to the same parent"
        )
    return parents


def _check_by_section(parents: tuple[ParentReference, ...]) -> tuple[ParentReference, ...]:
    if len(parents) < 2:
        return parents
    shapes: dict[tuple[str, str, str, str | None], bool] = {}
    for ref in parents:
        shape = ref.section_name is None
        if shapes.setdefault((ref.group, ref.kind, ref.name, ref.namespace), shape) != shape:
            raise violation(
                "sectionName must be specified when parentRefs includes 2 or more references to the same parent"
            )
    if len({(ref.group, ref.kind, ref.name, ref.namespace, ref.section_name) for ref in parents}) < len(parents):
        raise violation("sectionName must be unique when parentRefs includes 2 or more references to the same parent")
    return parents


def _check_targets(targets: tuple[PolicyTargetReference, ...]) -> tuple[PolicyTargetReference, ...]:
    shapes: dict[tuple[str, str, str], bool] = {}
    for ref in targets:
        shape = ref.section_name is None
        if shapes.setdefault((ref.group, ref.kind, ref.name), shape) != shape:
            raise violation(
                "sectionName must be specified when targetRefs includes 2 or more references to the same target"
            )
    if len({(ref.group, ref.kind, ref.name, ref.section_name) for ref in targets}) < len(targets):
        raise violation("sectionName must be unique when targetRefs includes 2 or more references to the same target")
    return targets


ParentRefs = Annotated[Items[ParentReference], Field(max_length=32), AfterValidator(_check_by_section)]
"""Parents of a route, told apart by `sectionName` where one is named twice."""

ParentRefsWithPort = Annotated[Items[ParentReference], Field(max_length=32), AfterValidator(_check_by_section_and_port)]
"""Parents of an HTTPRoute, told apart by `sectionName` or `port` where one is named twice."""

TargetRefs = Annotated[Items[PolicyTargetReference], Field(max_length=16), AfterValidator(_check_targets)]
"""Targets of a policy, told apart by `sectionName` where one is named twice."""
