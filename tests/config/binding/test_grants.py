"""ReferenceGrants: who may refer to what in another namespace."""

from __future__ import annotations

from config.binding.grants import Grants, group_of
from tests.config.manifests import catalog, document, grant, resources, route

WEB = {"group": "", "kind": "Service", "name": "web"}


def test_own_namespace_needs_no_grant() -> None:
    (referrer,) = resources(route())
    assert Grants(catalog()).permit(referrer, "", "Service", "shop", "web")


def test_other_namespace_is_closed_without_a_grant_there() -> None:
    (referrer,) = resources(route())
    assert not Grants(catalog()).permit(referrer, "", "Service", "bakery", "web")
    assert not Grants(catalog(grant("shop", WEB))).permit(referrer, "", "Service", "bakery", "web")


def test_grant_holds_for_the_kind_group_and_name_that_it_gives() -> None:
    (referrer,) = resources(route())
    grants = Grants(catalog(grant("bakery", WEB)))
    assert grants.permit(referrer, "", "Service", "bakery", "web")
    assert not grants.permit(referrer, "", "Service", "bakery", "other")
    assert not grants.permit(referrer, "weir.dev", "Service", "bakery", "web")
    assert not grants.permit(referrer, "", "Secret", "bakery", "web")


def test_grant_without_a_name_holds_for_all_of_the_kind() -> None:
    (referrer,) = resources(route())
    assert Grants(catalog(grant("bakery", {"group": "", "kind": "Service"}))).permit(
        referrer, "", "Service", "bakery", "any"
    )


def test_grant_is_for_the_kind_and_namespace_of_the_referrer() -> None:
    gateway_grant = grant("bakery", WEB, kind="Gateway")
    (referrer, stranger) = resources(route(), route("x", namespace="farm"))
    assert not Grants(catalog(gateway_grant)).permit(referrer, "", "Service", "bakery", "web")
    assert not Grants(catalog(grant("bakery", WEB))).permit(stranger, "", "Service", "bakery", "web")


def test_group_is_what_stands_before_the_version() -> None:
    core, api = resources(document("v1", "Namespace", "x"), route())
    assert (group_of(core), group_of(api)) == ("", "gateway.networking.k8s.io")
