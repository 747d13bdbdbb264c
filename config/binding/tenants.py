"""Whose a namespace is: the Tenant that names it, or whose selector takes its labels."""

from __future__ import annotations

from config.binding.catalog import Catalog, Note, age_key
from config.binding.conditions import condition, status_of
from config.binding.namespaces import check_expressions_of
from config.resources.namespace import Namespace
from config.resources.tenant import Tenant
from config.status import ResourceStatus


class Tenants:
    """The Tenants of a set. A namespace that several claim is of the oldest, and the others are told."""

    def __init__(self, catalog: Catalog, notes: list[Note]) -> None:
        self._catalog = catalog
        self._oldest_first = sorted(catalog.all(Tenant), key=age_key)
        self._owners: dict[str, str] = {}
        for tenant in self._oldest_first:
            if tenant.spec.selector is not None:
                check_expressions_of(tenant, tenant.spec.selector, ("spec", "selector"), notes)
        self.statuses = [self._status(tenant, notes) for tenant in self._oldest_first]

    def of(self, namespace: str) -> str:
        """The name of the Tenant that `namespace` belongs to, "" where it is nobody's."""
        owner = self._owners.get(namespace)
        if owner is None:
            owner = next((each.metadata.name for each in self._oldest_first if self._takes(each, namespace)), "")
            self._owners[namespace] = owner
        return owner

    def _takes(self, tenant: Tenant, namespace: str) -> bool:
        selector = tenant.spec.selector
        if selector is None:
            return namespace in tenant.spec.namespaces
        try:
            return selector.matches(self._catalog.namespace_labels(namespace))
        except ValueError:
            return False

    def _status(self, tenant: Tenant, notes: list[Note]) -> ResourceStatus:
        """Accepted, unless another Tenant has a namespace that it claims as well."""
        declared = [each.metadata.name for each in self._catalog.all(Namespace)]
        claimed = [each for each in dict.fromkeys((*tenant.spec.namespaces, *declared)) if self._takes(tenant, each)]
        lost = [each for each in claimed if self.of(each) != tenant.metadata.name]
        message = "; ".join(f"namespace {each} is of Tenant {self.of(each)}, which is older" for each in lost)
        if lost:
            field = "namespaces" if tenant.spec.selector is None else "selector"
            notes.append(Note(tenant, ("spec", field), f"Conflicted: {message}"))
        reason = "Conflicted" if lost else "Accepted"
        return status_of(tenant, [condition(tenant, "Accepted", holds=not lost, reason=reason, message=message)])
