"""Metadata: names, the default namespace, and the fields that an API server writes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.resources.metadata import Metadata


def test_namespace_is_default_unless_told() -> None:
    assert Metadata.model_validate({"name": "x"}).namespace == "default"


def test_fields_of_an_api_server_are_taken() -> None:
    fields = {
        "name": "x",
        "uid": "1",
        "resourceVersion": "2",
        "generation": 3,
        "creationTimestamp": "2024-01-01T00:00:00Z",
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
        "ownerReferences": [{"kind": "x"}],
        "finalizers": ["a"],
    }
    assert Metadata.model_validate(fields).generation == 3


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name": ""},
        {"name": "Upper"},
        {"name": "a" * 254},
        {"name": "x", "namespace": "a.b"},
        {"name": "x", "labels": {"a": 1}},
        {"name": "x", "creationTimestamp": "yesterday"},
        {"name": "x", "generation": -1},
    ],
)
def test_what_kubernetes_would_not_take_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Metadata.model_validate(fields)
