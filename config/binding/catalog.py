"""All resources of a candidate set, found by kind and name, the oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from config.problems import PathPart, Severity, nearest
from config.resources.endpoint_slice import SERVICE_LABEL, EndpointSlice
from config.resources.metadata import unix_s
from config.resources.namespace import Namespace
from config.resources.resource import Resource

MAX_COMPARISONS = 100_000
"""Names that one set's suggestions may be looked for among; about half a second."""
NAME_LABEL = "kubernetes.io/metadata.name"
R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that binding found in a resource, at `path`; an error keeps the whole set from being applied."""

    resource: Resource
    path: tuple[PathPart, ...]
    message: str
    suggestion: str = ""
    severity: Severity = "warning"


def age_key(resource: Resource) -> tuple[float, str]:
    """Sort key of Gateway API's tie-break: older `creationTimestamp` first, none at the end, then `namespace/name`.

    That is one text, in which `a-b/x` goes before `a/x`.
    """
    return created_s(resource), f"{resource.metadata.namespace}/{resource.metadata.name}"


def created_s(resource: Resource) -> float:
    """Unix time of creation; infinite where there is none."""
    if resource.metadata.creation_timestamp is None:
        return float("inf")
    return unix_s(resource.metadata.creation_timestamp)


def generation_of(resource: Resource) -> int:
    """What `observedGeneration` says."""
    return resource.metadata.generation or 1


class Catalog:
    """The resources of one set; no two share kind, namespace and name."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._of_kind: dict[type[Resource], list[Resource]] = {}
        self._by_key: dict[tuple[str, str, str], Resource] = {}
        self._names: dict[tuple[str, str], list[str]] = {}
        self._compared = 0
        self._slices: dict[tuple[str, str], list[EndpointSlice]] = {}
        for resource in sorted(resources, key=age_key):
            self._of_kind.setdefault(type(resource), []).append(resource)
            kind, namespace, name = resource.key
            self._by_key[resource.key] = resource
            self._names.setdefault((kind, namespace), []).append(name)
            if isinstance(resource, EndpointSlice) and (service := resource.metadata.labels.get(SERVICE_LABEL)):
                self._slices.setdefault((resource.metadata.namespace, service), []).append(resource)

    def all(self, kind: type[R]) -> list[R]:
        """Those of one kind, the oldest first."""
        return [resource for resource in self._of_kind.get(kind, []) if isinstance(resource, kind)]

    def find(self, kind: str, namespace: str, name: str) -> Resource | None:
        """The resource with this name; `namespace` is "" for a kind without."""
        return self._by_key.get((kind, namespace, name))

    def nearest(self, kind: str, namespace: str, name: str) -> str:
        """`did you mean X?` for the name of a kind in a namespace closest to `name`; "" where none is close.

        Past MAX_COMPARISONS of the whole set it is "" too: ten thousand dangling references among as many names must
        not take minutes.
        """
        names = self._names.get((kind, namespace), ())
        if self._compared + len(names) > MAX_COMPARISONS:
            return ""
        self._compared += len(names)
        return nearest(name, names)

    def slices(self, namespace: str, service: str) -> tuple[EndpointSlice, ...]:
        """EndpointSlices of a Service, in name order."""
        return tuple(sorted(self._slices.get((namespace, service), []), key=lambda part: part.metadata.name))

    def namespace_labels(self, namespace: str) -> Mapping[str, str]:
        """Labels of a namespace; one that is not declared has its name, as Kubernetes gives every one."""
        found = self._by_key.get(("Namespace", "", namespace))
        labels = found.metadata.labels if isinstance(found, Namespace) else {}
        return {NAME_LABEL: namespace, **labels}
