"""Limits that could not reach what they are for are told when they are loaded."""

from __future__ import annotations

import pytest

from config.binding.catalog import Note
from config.binding.limit_reach import check_limit_reach
from config.resources.weir import WeirSpec
from tests.config.manifests import WEIR_API, Document, catalog, document, notes_on

LIMIT = {"name": "a", "rate": {"requests": 1, "per": "1s"}}
ROUTE = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "a"}
GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "a"}


def notes_of(spec: Document, process: Document | None = None) -> list[Note]:
    notes: list[Note] = []
    policies = catalog(document(WEIR_API, "TrafficPolicy", "p", spec))
    check_limit_reach(policies, WeirSpec.model_validate(process or {}), notes)
    return notes


def test_a_shared_limit_needs_a_redis() -> None:
    spec: Document = {"rateLimits": [LIMIT, {**LIMIT, "name": "b", "scope": "Global"}]}
    assert list(notes_on(notes_of(spec))) == ["spec.rateLimits[1].scope"]
    assert notes_of(spec, {"redis": {}}) == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"targetRefs": [ROUTE]}, True),
        ({"targetRefs": [GATEWAY]}, False),
        ({"targetRefs": [GATEWAY], "when": "true"}, True),
    ],
)
def test_connections_that_never_count_are_told(fields: Document, told: bool) -> None:
    found = notes_of({**fields, "connections": {"perSource": 5}})
    assert list(notes_on(found, "warning")) == (["spec.connections"] if told else [])
