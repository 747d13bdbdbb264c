"""What changed between two snapshots."""

from __future__ import annotations

import orjson
import pytest

from config.diff import MAX_NAMES, Change, diff
from config.load import load
from config.snapshot import RuleName, Snapshot
from config.sources.text import SourceText
from tests.config.manifests import BACKEND_REF, Document, backend, document, gateway, listener, route


def snapshot(*documents: Document) -> Snapshot:
    text = b"\n---\n".join(orjson.dumps(each) for each in documents)
    loaded = load([SourceText("a.yaml", text)], generation=1, previous=None)
    assert loaded.snapshot is not None, loaded.problems
    return loaded.snapshot


BASE = (gateway(), backend(), route("orders", {"name": "read", "backendRefs": [BACKEND_REF]}))


def test_same_set_has_no_change() -> None:
    found = diff(snapshot(*BASE), snapshot(*reversed(BASE)))
    assert not found
    assert str(found) == "nothing"


def test_first_set_is_all_new() -> None:
    found = diff(None, snapshot(*BASE))
    assert found.ports == Change(added=(":8080/tcp",))
    assert found.listeners == Change(added=("shop/edge/http",))
    assert found.rules == Change(added=("shop/orders/read",))
    assert found.backends == Change(added=("shop/orders",))
    assert "limits" in found.process.added


def test_each_kind_of_thing_is_told_by_name() -> None:
    endpoints = {"static": {"endpoints": [{"address": "127.0.0.1", "port": 9002}]}}
    new = (
        gateway("edge", listener(hostname="a.example"), listener("other", port=8081)),
        backend(spec=endpoints),
        backend("carts"),
        route("orders", {"name": "write", "backendRefs": [BACKEND_REF]}),
        document("weir.dev/v1", "Weir", "weir", {"workers": 2, "timeouts": {"connect": "1s"}}),
    )
    found = diff(snapshot(*BASE), snapshot(*new))
    assert found.ports == Change(added=(":8081/tcp",))
    assert found.listeners == Change(added=("shop/edge/other",), changed=("shop/edge/http",))
    assert found.rules == Change(added=("shop/orders/write",), removed=("shop/orders/read",))
    assert found.backends == Change(added=("shop/carts",), changed=("shop/orders",))
    assert found.process == Change(changed=("timeouts", "workers"))
    assert str(found) == (
        "ports: +:8081/tcp; listeners: +shop/edge/other, ~shop/edge/http; "
        "rules: +shop/orders/write, -shop/orders/read; backends: +shop/carts, ~shop/orders; "
        "process: ~timeouts, ~workers"
    )


def test_rule_that_does_something_else_is_changed() -> None:
    other = route("orders", {"name": "read", "backendRefs": [{**BACKEND_REF, "weight": 2}]})
    assert diff(snapshot(*BASE), snapshot(gateway(), backend(), other)).rules == Change(changed=("shop/orders/read",))


def test_rule_that_is_bound_elsewhere_is_changed() -> None:
    other = route("orders", {"name": "read", "backendRefs": [BACKEND_REF]}, spec={"hostnames": ["a.example"]})
    found = diff(snapshot(*BASE), snapshot(gateway(), backend(), other))
    assert found.rules == Change(changed=("shop/orders/read",))
    assert not found.listeners


def test_route_that_goes_before_the_others_changes_none_of_them() -> None:
    first = route("a", creationTimestamp="2024-01-01T00:00:00Z")
    assert diff(snapshot(*BASE), snapshot(*BASE, first)).rules == Change(added=("shop/a/0",))


def test_rule_that_is_bound_to_one_listener_more_is_changed() -> None:
    """On the other listener it is the same object before and after."""
    two: tuple[Document, ...] = (gateway("edge", listener(), listener("other", port=8081)), backend())
    parents: list[Document] = [{"name": "edge", "sectionName": "http"}]
    one_parent = route("orders", spec={"parentRefs": parents})
    before, after = snapshot(*two, one_parent), snapshot(*two, route("orders"))
    assert diff(before, after).rules == diff(after, before).rules == Change(changed=("shop/orders/0",))


def test_rules_that_are_the_same_objects_are_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(*BASE, route("carts"))
    after = snapshot(*BASE, route("carts", spec={"hostnames": ["a.example"]}))
    named: list[str] = []

    def counted(name: RuleName) -> str:
        named.append(name.name)
        return f"{name.namespace}/{name.name}"

    monkeypatch.setattr(RuleName, "__str__", counted)
    assert diff(before, after).rules == Change(changed=("shop/carts",))
    assert set(named) == {"carts"}


def test_line_does_not_grow_with_the_set() -> None:
    many = [backend(f"b{at}") for at in range(MAX_NAMES + 3)]
    assert str(diff(snapshot(*BASE), snapshot(*BASE, *many))).endswith("+shop/b4, +3 more")
