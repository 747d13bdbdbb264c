"""The catalog of a set: order by age, lookup, and suggestions that cost a bounded time."""

from __future__ import annotations

import pytest

from config.binding import catalog as catalog_module
from config.binding.catalog import created_s, generation_of
from config.resources.http_route import HTTPRoute
from tests.config.manifests import catalog, document, resources, route


def test_orders_by_age_then_by_name() -> None:
    found = catalog(
        route("b"),
        route("a"),
        route("young", creationTimestamp="2024-02-01T00:00:00Z"),
        route("old", creationTimestamp="2024-01-01T00:00:00+00:00"),
        route("a", namespace="bakery"),
    ).all(HTTPRoute)
    assert [f"{each.metadata.namespace}/{each.metadata.name}" for each in found] == [
        "shop/old", "shop/young", "bakery/a", "shop/a", "shop/b",
    ]  # fmt: skip


def test_namespace_and_name_are_one_text_in_the_tie_break() -> None:
    found = catalog(route("x", namespace="a"), route("y", namespace="a-b")).all(HTTPRoute)
    assert [each.metadata.namespace for each in found] == ["a-b", "a"], "`-` sorts before `/`"


def test_time_without_zone_is_taken_as_utc() -> None:
    plain, zoned = resources(
        route("a", creationTimestamp="2024-01-01T00:00:00"), route("b", creationTimestamp="2024-01-01T00:00:00Z")
    )
    assert created_s(plain) == created_s(zoned)


def test_generation_is_one_where_the_document_has_none() -> None:
    with_one, without = resources(route("a", generation=7), route("b"))
    assert (generation_of(with_one), generation_of(without)) == (7, 1)


def test_finds_by_kind_namespace_and_name() -> None:
    found = catalog(route("a"), document("v1", "Namespace", "shop"))
    assert found.find("HTTPRoute", "shop", "a") is not None
    assert found.find("HTTPRoute", "bakery", "a") is None
    assert found.find("Namespace", "", "shop") is not None


def test_suggests_names_of_the_same_kind_and_namespace_alone() -> None:
    found = catalog(route("orders"), route("orderz", namespace="bakery"))
    assert found.nearest("HTTPRoute", "shop", "orderz") == 'did you mean "orders"?'
    assert found.nearest("Backend", "shop", "orderz") == ""


def test_suggestions_end_once_a_set_has_compared_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_module, "MAX_COMPARISONS", 3)
    found = catalog(route("orders"), route("carts"))
    assert found.nearest("HTTPRoute", "shop", "order") != ""
    assert found.nearest("HTTPRoute", "shop", "order") == ""


def test_slices_of_a_service_come_in_name_order() -> None:
    def endpoint_slice(name: str, service: str) -> dict[str, object]:
        labels = {"kubernetes.io/service-name": service}
        whole = document("discovery.k8s.io/v1", "EndpointSlice", name, labels=labels)
        return {**whole, "addressType": "IPv4"}

    found = catalog(endpoint_slice("b", "web"), endpoint_slice("a", "web"), endpoint_slice("c", "other"))
    assert [part.metadata.name for part in found.slices("shop", "web")] == ["a", "b"]
    assert found.slices("bakery", "web") == ()


def test_every_namespace_has_its_name_as_a_label() -> None:
    found = catalog(document("v1", "Namespace", "shop", labels={"tier": "gold"}))
    assert found.namespace_labels("shop") == {"kubernetes.io/metadata.name": "shop", "tier": "gold"}
    assert found.namespace_labels("bakery") == {"kubernetes.io/metadata.name": "bakery"}
