"""The JSON Schema for editors: one for all kinds, valid, and as strict as the models where a schema can be."""

from __future__ import annotations

import jsonschema

from config.resources import CLASSES, json_schema

SCHEMA = json_schema()
GATEWAY = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "edge", "namespace": "shop"},
    "spec": {"gatewayClassName": "weir", "listeners": [{"name": "http", "port": 8080, "protocol": "HTTP"}]},
}


def holds(document: object) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


def test_is_a_schema_with_a_branch_per_kind() -> None:
    """It is a valid schema of its dialect, and knows every kind."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert {branch["$ref"].rsplit("/", 1)[1] for branch in SCHEMA["oneOf"]} == {kind.__name__ for kind in CLASSES}  # type: ignore[union-attr,index,call-overload]


def test_takes_a_document_of_its_kind_alone() -> None:
    """A Gateway is taken as a Gateway, not under another kind or version."""
    assert holds(GATEWAY)
    assert not holds(GATEWAY | {"kind": "Backend"})
    assert not holds(GATEWAY | {"apiVersion": "v1"})
    assert not holds(GATEWAY | {"speck": {}})


def test_takes_sizes_as_text_and_as_numbers() -> None:
    """A quantity may be a plain number in YAML."""
    weir = {"apiVersion": "weir.dev/v1", "kind": "Weir", "metadata": {"name": "x"}}
    assert holds(weir | {"spec": {"limits": {"headerBytes": 65536, "uriBytes": "8Ki"}}})
    assert not holds(weir | {"spec": {"limits": {"headerBytes": "8KiB"}}})
    assert not holds(weir | {"spec": {"timeouts": {"head": 5}}})
