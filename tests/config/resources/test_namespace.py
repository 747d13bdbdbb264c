"""Namespaces: only their labels are read, and they stand in no namespace."""

from __future__ import annotations

from config.resources.namespace import Namespace


def test_namespace_goes_by_its_name_alone() -> None:
    whole = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"a": "b"}}}
    found = Namespace.read({**whole, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}})
    assert found.key == ("Namespace", "", "shop")
    assert found.metadata.labels == {"a": "b"}
