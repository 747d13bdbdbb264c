"""A route is compiled again only where it, or what it refers to, is another."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from config.binding import kept_routes
from config.binding.bind import bind
from config.binding.rules import CompiledRoute, compile_route
from config.resources.resource import Resource
from config.snapshot import BoundRule
from tests.config.manifests import BACKEND_REF, Document, backend, document, gateway, resources, route, service


def rules_of(resources_: Sequence[Resource]) -> list[BoundRule]:
    return [bound for port in bind(resources_).ports for listener in port.listeners for bound in listener.rules]


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of routes as they are compiled."""
    names: list[str] = []

    def counted(route: object, backends: object) -> CompiledRoute:
        names.append(route.metadata.name)  # type: ignore[attr-defined]
        return compile_route(route, backends)  # type: ignore[arg-type]

    monkeypatch.setattr(kept_routes, "compile_route", counted)
    return names


def named(name: str) -> Document:
    return route(name, {"backendRefs": [BACKEND_REF]})


def test_an_edit_of_one_route_compiles_one(compilations: list[str]) -> None:
    base = resources(gateway(), backend(), named("a"), named("b"), named("c"))
    before = rules_of(base)
    compilations.clear()
    (edited,) = resources(route("b", {"backendRefs": [BACKEND_REF]}, spec={"hostnames": ["b.example"]}))
    after = rules_of([*(each for each in base if each.metadata.name != "b"), edited])
    assert compilations == ["b"]
    same = {bound.rule.name.name for bound in after if any(bound is other for other in before)}
    assert same == {"a", "c"}


def test_a_route_that_goes_before_all_others_leaves_them_as_they_are(compilations: list[str]) -> None:
    base = resources(gateway(), backend(), named("b"), named("c"))
    before = rules_of(base)
    compilations.clear()
    after = rules_of([*base, *resources(named("a"))])
    assert compilations == ["a"]
    assert [bound.rule.name.name for bound in after] == ["a", "b", "c"]
    assert all(one is other for one, other in zip(after[1:], before, strict=True))


def test_routes_whose_backend_went_are_compiled_again(compilations: list[str]) -> None:
    base = resources(gateway(), backend(), named("a"))
    (there,) = rules_of(base)
    compilations.clear()
    (gone,) = rules_of([each for each in base if each.kind != "Backend"])
    assert compilations == ["a"]
    assert there.rule.backends[0].backend == "shop/orders"
    assert gone.rule.backends[0].backend is None


def test_a_service_keeps_its_plan_where_its_route_is_kept(compilations: list[str]) -> None:
    base = resources(gateway(), service(), route("a", {"backendRefs": [{"name": "web", "port": 80}]}))
    assert "shop/web:80" in bind(base).backends
    compilations.clear()
    assert "shop/web:80" in bind(base).backends
    assert compilations == []


def test_a_filter_that_refers_to_a_policy_is_looked_up_again(compilations: list[str]) -> None:
    ref: Document = {"group": "weir.dev", "kind": "TrafficPolicy", "name": "missing"}
    filters: list[Document] = [{"type": "ExtensionRef", "extensionRef": ref}]
    policy: Document = {
        "apiVersion": "weir.dev/v1",
        "kind": "TrafficPolicy",
        "metadata": {"name": "missing", "namespace": "shop"},
        "spec": {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "a"}]},
    }
    base = resources(gateway(), backend(), route("a", {"backendRefs": [BACKEND_REF], "filters": filters}))
    rules_of(base)
    compilations.clear()
    rules_of(base)
    assert compilations == []
    rules_of([*base, *resources(policy)])
    assert compilations == ["a"]


def test_a_policy_that_becomes_unfit_for_a_backend_ref_compiles_its_route_again(compilations: list[str]) -> None:
    ref: Document = {"group": "weir.dev", "kind": "TrafficPolicy", "name": "p"}
    own: Document = {**BACKEND_REF, "filters": [{"type": "ExtensionRef", "extensionRef": ref}]}

    def policy(**spec: object) -> Resource:
        (found,) = resources(document("weir.dev/v1", "TrafficPolicy", "p", spec))
        return found

    base = resources(gateway(), backend(), route("a", {"backendRefs": [own]}))
    (before,) = rules_of([*base, policy(maintenance={})])
    compilations.clear()
    (edited,) = rules_of([*base, policy(access={})])
    assert compilations == []
    assert edited.rule is before.rule and edited is not before
    assert [layer.spec.access is None for layer in (*before.share_layers[0], *edited.share_layers[0])] == [True, False]
    (unfit,) = rules_of([*base, policy(bodyBytes="1Ki")])
    assert compilations == ["a"]
    assert unfit.share_layers == ()
