"""A whole set bound: process, sockets, backends and the status of every resource."""

from __future__ import annotations

import pickle

import pytest

from config.resources.weir import WeirSpec
from tests.config.manifests import (
    Document,
    backend,
    bound,
    document,
    gateway,
    reason,
    route,
    status,
)


def test_empty_set_is_a_process_of_defaults() -> None:
    binding = bound()
    assert binding.process == WeirSpec()
    assert (binding.ports, dict(binding.backends), binding.statuses, binding.notes) == ((), {}, (), ())


def test_weir_resource_is_the_process() -> None:
    assert bound(document("weir.dev/v1", "Weir", "weir", {"workers": 3})).process.workers == 3


def test_every_resource_has_one_status_in_order() -> None:
    core = (document("v1", "Namespace", "shop"), document("v1", "ConfigMap", "x"))
    binding = bound(route("b"), route("a"), gateway(), backend(), *core)
    assert [(each.kind, each.name) for each in binding.statuses] == [
        ("Backend", "orders"), ("ConfigMap", "x"), ("Gateway", "edge"), ("HTTPRoute", "a"), ("HTTPRoute", "b"),
        ("Namespace", "shop"),
    ]  # fmt: skip


@pytest.mark.parametrize(("version", "kind"), [("apps/v1", "Deployment"), ("v1", "Pod")])
def test_workloads_are_taken_and_left_alone(version: str, kind: str) -> None:
    binding = bound(document(version, kind, "x", {"replicas": 3}))
    assert reason(status(binding, kind, "x").condition("Accepted")) == ("True", "Ignored")


def test_binding_can_go_to_another_process() -> None:
    binding = bound(gateway(), backend(), route())
    copy = pickle.loads(pickle.dumps((binding.process, binding.ports, binding.backends, binding.statuses)))
    assert copy == (binding.process, binding.ports, binding.backends, binding.statuses)


def test_wrong_filters_and_expressions_are_errors_of_the_set() -> None:
    rule: Document = {
        "matches": [{"path": {"type": "RegularExpression", "value": "("}}],
        "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["te"]}}],
    }
    errors = [note.path for note in bound(route("a", rule)).notes if note.severity == "error"]
    assert [path[-1] for path in errors] == ["value", 0]


def test_policy_tests_are_taken_and_told_that_nothing_of_them_is_served() -> None:
    case = {"name": "a", "request": {"url": "http://a/"}, "expect": {"status": 404}}
    binding = bound(document("weir.dev/v1", "PolicyTest", "x", {"cases": [case]}))
    accepted = status(binding, "PolicyTest", "x").condition("Accepted")
    assert reason(accepted) == ("True", "Accepted")
    assert binding.ports == ()
