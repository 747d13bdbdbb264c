"""ListenerSets: their parent, and the same rules for listeners as a Gateway has."""

from __future__ import annotations

from config.resources.listener_set import ListenerSet
from tests.config.resources.own_kinds import read, refusal

ONE = {"name": "a", "port": 80, "protocol": "HTTP"}


def test_parent_is_a_gateway_unless_told() -> None:
    parent = read(ListenerSet, {"parentRef": {"name": "edge"}, "listeners": [ONE]}).spec.parent_ref
    assert (parent.group, parent.kind, parent.namespace) == ("gateway.networking.k8s.io", "Gateway", None)


def test_rules_between_listeners_hold_here_too() -> None:
    twice = {"parentRef": {"name": "edge"}, "listeners": [ONE, {**ONE, "port": 81}]}
    assert "Listener name must be unique" in refusal(ListenerSet, twice)
    assert "at least 1 item" in refusal(ListenerSet, {"parentRef": {"name": "edge"}, "listeners": []})
