"""Conditions that every kind has."""

from __future__ import annotations

from config.binding.conditions import condition, partially_honoured, status_of
from tests.config.manifests import Document, document, resources, route

DEFAULTED: Document = {"useDefaultGateways": "All"}


def test_condition_observes_the_generation_of_the_resource() -> None:
    (resource,) = resources(route(generation=4))
    found = condition(resource, "Accepted", holds=False, reason="Pending", message="why")
    assert (found.status, found.reason, found.message, found.observed_generation) == ("False", "Pending", "why", 4)


def test_fields_without_effect_are_named_in_one_condition() -> None:
    (resource,) = resources(route("orders", spec=DEFAULTED))
    (found,) = partially_honoured(resource)
    assert (found.type, found.status, found.reason) == ("PartiallyHonoured", "True", "NotYetHonoured")
    assert found.message == "not carried out by this version: spec.useDefaultGateways"


def test_resource_that_is_honoured_whole_has_no_such_condition() -> None:
    (resource,) = resources(route())
    assert partially_honoured(resource) == []


def test_status_of_a_kind_without_namespace_has_none() -> None:
    (namespace,) = resources(document("v1", "Namespace", "shop"))
    assert status_of(namespace, []).namespace == ""


def test_status_ends_with_what_is_not_honoured() -> None:
    (resource,) = resources(route("orders", spec=DEFAULTED))
    found = status_of(resource, [condition(resource, "Accepted", holds=True, reason="Accepted")])
    assert [each.type for each in found.conditions] == ["Accepted", "PartiallyHonoured"]
