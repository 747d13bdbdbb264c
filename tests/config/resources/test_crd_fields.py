"""Field by field, the models say what the CRDs say: names, types, enums, defaults, bounds, patterns, versions."""

from __future__ import annotations

from typing import Any

import pytest

from config.resources import KINDS
from tests.config.resources.crd_pairs import GROUP
from tests.config.resources.crd_schemas import FILES, Schema, crd, spec_schema

COPIED = ("enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "maxProperties")
TYPES = ("string", "integer", "boolean", "number", "object", "array")


def bare(value: Any) -> Any:
    """`value` without what means "left out": null, and empty lists and objects within objects."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items() if item is not None and item not in ([], {})}
    if isinstance(value, list):
        return [bare(item) for item in value]
    return value


def resolved(schema: Schema, definitions: Schema) -> Schema:
    """`schema` of pydantic with `$ref` followed and the null of an optional field taken out."""
    outer = {key: value for key, value in schema.items() if key not in ("anyOf", "$ref")}
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option.get("type") != "null"]
        assert len(options) == 1, schema
        return resolved(options[0], definitions) | outer
    if "$ref" in schema:
        return resolved(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions) | outer
    if "const" in schema:
        return {"enum": [schema["const"]], **outer}
    return schema


def differences(path: str, ours: Schema, crds: Schema, definitions: Schema) -> list[str]:
    """How the schema of a model differs from the CRD's at `path` and below."""
    ours = resolved(ours, definitions)
    found = []
    if crds["type"] not in (ours.get("type"), None) or ours["type"] not in TYPES:
        return [f"{path}: type {crds['type']} in the CRD, {ours.get('type')} here"]
    for key in COPIED:
        mine, theirs = ours.get(key), crds.get(key)
        if key == "enum":
            mine, theirs = (sorted(each, key=str) if each is not None else None for each in (mine, theirs))
        if (mine or None) != (theirs or None):
            found.append(f"{path}: {key} {theirs!r} in the CRD, {mine!r} here")
    if bare(ours.get("default")) != crds.get("default") and not (
        "default" not in crds and ours.get("default") in (None, [], {})
    ):
        found.append(f"{path}: default {crds.get('default')!r} in the CRD, {bare(ours.get('default'))!r} here")
    if sorted(ours.get("required", ())) != sorted(crds.get("required", ())):
        found.append(f"{path}: required {crds.get('required')} in the CRD, {ours.get('required')} here")
    if crds["type"] == "array":
        found += differences(f"{path}[]", ours["items"], crds["items"], definitions)
    for name in crds.get("properties", {}).keys() ^ ours.get("properties", {}).keys():
        found.append(f"{path}.{name} is only in {'the CRD' if name in crds['properties'] else 'the model'}")
    for name in crds.get("properties", {}).keys() & ours.get("properties", {}).keys():
        found += differences(f"{path}.{name}", ours["properties"][name], crds["properties"][name], definitions)
    if isinstance(crds.get("additionalProperties"), dict):
        found += differences(f"{path}.*", ours["additionalProperties"], crds["additionalProperties"], definitions)
    elif "properties" in crds and ours.get("additionalProperties") is not False:
        found.append(f"{path}: unknown fields are taken")
    return found


@pytest.mark.parametrize("kind", FILES)
def test_has_the_fields_of_the_crd(kind: str) -> None:
    """Names, types, enums, defaults, bounds, patterns and required fields are the CRD's."""
    schema = KINDS[GROUP, kind].model_json_schema()
    found = differences(f"{kind}.spec", schema["properties"]["spec"], spec_schema(kind), schema["$defs"])
    assert not found, "\n".join(found)


@pytest.mark.parametrize("kind", FILES)
def test_takes_the_versions_of_the_crd(kind: str) -> None:
    """Each version of the CRD is taken, also those that a cluster has ceased to serve, whose schema is the same."""
    definition = crd(kind)["spec"]
    for version in definition["versions"]:
        assert (f"{definition['group']}/{version['name']}", kind) in KINDS
    assert (definition["scope"] == "Namespaced") == KINDS[GROUP, kind].NAMESPACED
