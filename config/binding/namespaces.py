"""Which namespaces may attach: of routes to a listener, of ListenerSets to a Gateway; and what selects them."""

from __future__ import annotations

from config.binding.catalog import Catalog, Note
from config.problems import PathPart, nearest
from config.resources.resource import Resource
from config.resources.selectors import OPERATORS, LabelSelector, ListenerNamespaces, RouteNamespaces


def permits(namespaces: RouteNamespaces | ListenerNamespaces, own: str, namespace: str, catalog: Catalog) -> bool:
    """Whether a resource of `namespace` may attach to one of the namespace `own`."""
    if namespaces.from_ == "All":
        return True
    if namespaces.from_ == "Same":
        return namespace == own
    if namespaces.from_ == "None" or namespaces.selector is None:
        return False
    try:
        return namespaces.selector.matches(catalog.namespace_labels(namespace))
    except ValueError:
        return False


def check_selector(
    resource: Resource,
    namespaces: RouteNamespaces | ListenerNamespaces,
    path: tuple[PathPart, ...],
    what: str,
    notes: list[Note],
) -> None:
    """A selector that is left out or cannot be read lets nothing attach, which nobody means.

    `path` is that of `namespaces` in `resource`, and `what` is what would attach.
    """
    if namespaces.from_ == "Selector" and namespaces.selector is None:
        message = f"`from: Selector` without a selector lets no {what} attach"
        notes.append(Note(resource, path, message, "add `selector: {matchLabels: {...}}`"))
    if namespaces.selector is not None:
        check_expressions_of(resource, namespaces.selector, (*path, "selector"), notes)


def check_expressions_of(
    resource: Resource, selector: LabelSelector, path: tuple[PathPart, ...], notes: list[Note]
) -> None:
    """Expressions that say nothing; `path` is that of `selector` in `resource`."""
    for index, expression in enumerate(selector.match_expressions):
        if flaw := expression.flaw():
            field, message = flaw
            suggestion = nearest(expression.operator, OPERATORS) if field == "operator" else ""
            notes.append(Note(resource, (*path, "matchExpressions", index, field), message, suggestion, "error"))
