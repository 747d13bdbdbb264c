"""JSON Schema of resources, for editors: one schema that knows every kind."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue
from pydantic.json_schema import models_json_schema

from config.resources.resource import Resource

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kinds: Sequence[type[Resource]] | None = None) -> dict[str, JsonValue]:
    """One JSON Schema (draft 2020-12) that takes a document of any of `kinds`, by default of all.

    `kind` is a constant in each branch of `oneOf`, so that an editor finds the branch that was meant, and completes.
    """
    if kinds is None:
        from config.resources.kinds import CLASSES

        kinds = CLASSES
    _, whole = models_json_schema([(kind, "validation") for kind in kinds], by_alias=True)
    definitions: dict[str, JsonValue] = whole["$defs"]
    for kind in kinds:
        definition = definitions[kind.__name__]
        assert isinstance(definition, dict)
        properties = definition["properties"]
        assert isinstance(properties, dict)
        properties["kind"] = {"const": kind.KIND, "description": "The kind."}
        properties["apiVersion"] = {"enum": list(kind.API_VERSIONS), "description": "Group and version of the kind."}
    return {
        "$schema": DIALECT,
        "title": "Weir",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"enum": [*sorted({version for kind in kinds for version in kind.API_VERSIONS})]},
            "kind": {"enum": [kind.KIND for kind in kinds]},
        },
        "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in kinds],
        "$defs": definitions,
    }
