"""ListenerSets and their Gateways: which attach, what their listeners give way to, and what the others are told."""

from __future__ import annotations

from collections.abc import Sequence

from config.binding.bound import BoundGateway, BoundListenerSet
from config.binding.catalog import Catalog, Note
from config.binding.certificates import check_listener_tls
from config.binding.conflicts import Taken, give_way
from config.binding.grants import Grants
from config.binding.listeners import bind_listener, note_unresolved
from config.binding.namespaces import permits
from config.resources.listener_set import ListenerSet
from config.resources.references import GATEWAY_GROUP


def bind_listener_sets(
    catalog: Catalog, grants: Grants, gateways: Sequence[BoundGateway], notes: list[Note]
) -> list[BoundListenerSet]:
    """Attach all ListenerSets to `gateways`, the oldest first; those that attach are among the `sets` of theirs.

    A listener gives way to those of all Gateways, then to those of older sets (CRD, ListenerSet `listeners`). So a
    conflict puts nothing out of service that was there before, and is no error of the whole configuration.
    """
    by_name = {(bound.gateway.metadata.namespace, bound.gateway.metadata.name): bound for bound in gateways}
    taken = Taken.by(gateways)
    found: list[BoundListenerSet] = []
    for resource in catalog.all(ListenerSet):
        ref = resource.spec.parent_ref
        parent = by_name.get((ref.namespace or resource.metadata.namespace, ref.name))
        bound = BoundListenerSet(resource)
        found.append(bound)
        bound.reason, bound.message, suggestion = _refusal(resource, parent, catalog)
        if parent is None or bound.reason:
            notes.append(Note(resource, ("spec", "parentRef"), f"{bound.reason}: {bound.message}", suggestion))
            continue
        bound.listeners = [
            bind_listener(parent.gateway, spec, position, notes, listener_set=resource)
            for position, spec in enumerate(resource.spec.listeners)
        ]
        parent.sets.append(bound)
        for listener in bound.listeners:
            check_listener_tls(listener, catalog, grants)
        give_way(taken, bound.listeners, parent.addresses)
        for listener in bound.listeners:
            if listener.reason:
                path = ("spec", "listeners", listener.position)
                notes.append(Note(resource, path, f"{listener.reason}: {listener.message}"))
            note_unresolved(listener, notes)
    return found


def _refusal(resource: ListenerSet, parent: BoundGateway | None, catalog: Catalog) -> tuple[str, str, str]:
    """Reason, message and suggestion of why it does not attach; three times "" where it does."""
    ref, own = resource.spec.parent_ref, resource.metadata.namespace
    if (ref.group, ref.kind) != (GATEWAY_GROUP, "Gateway"):
        return "Invalid", f"a ListenerSet attaches to a Gateway, not to {ref.group or 'core'}/{ref.kind}", ""
    namespace = ref.namespace or own
    if parent is None:
        suggestion = catalog.nearest("Gateway", namespace, ref.name)
        return "ParentNotAccepted", f"there is no Gateway {namespace}/{ref.name}", suggestion
    where = f"Gateway {namespace}/{ref.name}"
    if parent.reason == "Pending":
        return "Pending", f"{where} is of another class", ""
    allowed = parent.gateway.spec.allowed_listeners
    if allowed is None or not permits(allowed.namespaces, namespace, own, catalog):
        suggestion = "see allowedListeners of the Gateway"
        return "NotAllowed", f"{where} lets no ListenerSet of namespace {own} attach", suggestion
    if not parent.is_accepted:
        return "ParentNotAccepted", f"{where} is not accepted", ""
    return "", "", ""
