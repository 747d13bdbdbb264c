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
    ("fields", "message"),
    [
        ({}, "Field required"),
        ({"name": ""}, "at least 1 character"),
        ({"name": "Upper"}, "should match pattern"),
        ({"name": "a" * 254}, "at most 253 characters"),
        ({"name": "x", "namespace": "a.b"}, "should match pattern"),
        ({"name": "x", "labels": {"a": 1}}, "should be a valid string"),
        (
            {"name": "x", "creationTimestamp": "yesterday"},
            "a time of RFC 3339 such as 2026-01-31T12:00:00Z is expected",
        ),
        ({"name": "x", "generation": -1}, "greater than or equal to 0"),
    ],
)
def test_what_kubernetes_would_not_take_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Metadata.model_validate(fields)
