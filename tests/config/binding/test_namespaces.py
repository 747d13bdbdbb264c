"""Namespaces that may attach, and selectors that nobody means."""

from __future__ import annotations

import pytest

from config.binding.catalog import Note
from config.binding.namespaces import check_selector, permits
from config.resources.selectors import ListenerNamespaces, RouteNamespaces
from tests.config.manifests import Document, catalog, document, gateway, resources

GOLD = {"matchLabels": {"tier": "gold"}}


@pytest.mark.parametrize(
    ("allowed", "own", "gold", "undeclared"),
    [
        ({"from": "None"}, False, False, False),
        ({"from": "None", "selector": GOLD}, False, False, False),
        ({"from": "Same", "selector": GOLD}, True, False, False),
        ({"from": "All"}, True, True, True),
        ({"from": "Selector"}, False, False, False),
        ({"from": "Selector", "selector": GOLD}, False, True, False),
        ({"from": "Selector", "selector": {}}, True, True, True),
        ({"from": "Selector", "selector": {"matchExpressions": [{"key": "a", "operator": "x"}]}}, False, False, False),
    ],
)
def test_permits_the_namespaces_that_are_allowed(allowed: Document, own: bool, gold: bool, undeclared: bool) -> None:
    found = catalog(document("v1", "Namespace", "bakery", labels={"tier": "gold"}))
    namespaces = ListenerNamespaces.model_validate(allowed)
    assert [permits(namespaces, "shop", each, found) for each in ("shop", "bakery", "farm")] == [own, gold, undeclared]


def test_routes_attach_from_the_same_namespace_and_sets_from_none_unless_told() -> None:
    assert permits(RouteNamespaces(), "shop", "shop", catalog())
    assert not permits(ListenerNamespaces(), "shop", "shop", catalog())


def test_a_selector_that_is_left_out_is_told() -> None:
    (resource,) = resources(gateway())
    notes: list[Note] = []
    check_selector(resource, ListenerNamespaces.model_validate({"from": "Selector"}), ("spec",), "ListenerSet", notes)
    (note,) = notes
    assert (note.severity, "lets no ListenerSet attach" in note.message) == ("warning", True)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"key": "tier", "operator": "In"}, "In needs values"),
        ({"key": "tier", "operator": "NotIn", "values": []}, "NotIn needs values"),
        ({"key": "tier", "operator": "Exists", "values": ["gold"]}, "Exists takes no values"),
        ({"key": "tier", "operator": "DoesNotExist", "values": ["gold"]}, "DoesNotExist takes no values"),
    ],
)
def test_values_that_do_not_go_with_the_operator_are_an_error_at_their_place(
    expression: Document, message: str
) -> None:
    (resource,) = resources(gateway())
    namespaces = RouteNamespaces.model_validate({"from": "Selector", "selector": {"matchExpressions": [expression]}})
    notes: list[Note] = []
    check_selector(resource, namespaces, ("spec",), "route", notes)
    (note,) = notes
    assert (note.severity, note.message) == ("error", message)
    assert note.path == ("spec", "selector", "matchExpressions", 0, "values")
    assert not permits(namespaces, "shop", "shop", catalog())


def test_an_operator_that_there_is_not_is_an_error_at_its_place() -> None:
    (resource,) = resources(gateway())
    allowed = {"from": "All", "selector": {"matchExpressions": [{"key": "tier", "operator": "Exist"}]}}
    notes: list[Note] = []
    check_selector(resource, RouteNamespaces.model_validate(allowed), ("spec",), "route", notes)
    (note,) = notes
    assert (note.severity, note.suggestion) == ("error", 'did you mean "Exists"?')
    assert note.path == ("spec", "selector", "matchExpressions", 0, "operator")
