"""ReferenceGrants: who may refer to what in another namespace."""

from __future__ import annotations

from config.binding.catalog import Catalog
from config.resources.reference_grant import ReferenceGrant
from config.resources.resource import Resource


def group_of(resource: Resource) -> str:
    """The API group of a resource, "" for core Kubernetes."""
    return resource.api_version.rpartition("/")[0]


class Grants:
    """All ReferenceGrants of a set."""

    def __init__(self, catalog: Catalog) -> None:
        self._permitted: set[tuple[str, str, str, str, str, str, str | None]] = set()
        for grant in catalog.all(ReferenceGrant):
            for from_ in grant.spec.from_:
                for to in grant.spec.to:
                    self._permitted.add(
                        (from_.group, from_.kind, from_.namespace, to.group, to.kind, grant.metadata.namespace, to.name)
                    )

    def permit(self, referrer: Resource, group: str, kind: str, namespace: str, name: str) -> bool:
        """Whether `referrer` may refer to that resource: in its own namespace always, else by a grant there."""
        if namespace == referrer.metadata.namespace:
            return True
        reference = (group_of(referrer), referrer.kind, referrer.metadata.namespace, group, kind, namespace)
        return (*reference, name) in self._permitted or (*reference, None) in self._permitted
